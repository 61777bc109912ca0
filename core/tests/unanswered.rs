//! Peers that leave calls unanswered.
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

mod common;

use common::{Running, start, start_client_with, start_with};
use rocketmq_tower_core::driver::ConnectionConfig;
use rocketmq_tower_core::{CallError, Channel, CloseReason};
use rocketmq_tower_test_support::{SECOND, answer, echo, encode, request, soon, within};
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout};
use tower::{ServiceExt, service_fn};

/// A call that waits for a response for so long, in vain.
async fn unanswered(channel: &Channel, limit: Duration) {
    let result = channel.invoke(request(1, 1), limit).await;
    assert!(matches!(result, Err(CallError::Timeout { .. })), "{result:?}");
}

#[tokio::test(start_paused = true)]
async fn calls_that_time_out_or_are_dropped_count_until_anything_arrives() {
    let Running { mut peer, channel, .. } = start(service_fn(echo));
    assert_eq!(channel.unanswered(), 0);
    unanswered(&channel, SECOND).await;
    assert!(timeout(SECOND, channel.clone().oneshot(request(1, 2))).await.is_err());
    tokio::task::yield_now().await;
    assert_eq!(channel.unanswered(), 2);

    // One byte of a frame is a sign of life.
    let (heard, frame) = (channel.heard(), encode(&request(1, 3)));
    peer.send_bytes(&frame[..1]).await;
    sleep(SECOND).await;
    assert_eq!(channel.unanswered(), 0);
    assert_ne!(channel.heard(), heard);

    // What arrives during a call shows that its peer is alive.
    let heard = channel.heard();
    let call = {
        let channel = channel.clone();
        tokio::spawn(async move { unanswered(&channel, 2 * SECOND).await })
    };
    sleep(SECOND).await;
    peer.send_bytes(&frame[1..]).await;
    soon(call).await.expect("no panic");
    tokio::task::yield_now().await;
    assert_eq!(channel.unanswered(), 0);
    assert_ne!(channel.heard(), heard);
}

/// The peer never saw the calls that were not sent, and oneway requests have no answer.
#[tokio::test(start_paused = true)]
async fn only_calls_that_were_sent_count() {
    let Running { peer: _peer, channel, .. } =
        start_with(service_fn(echo), ConnectionConfig::server(), 16);
    channel.invoke_oneway(request(1, 1).with_body(vec![0; 100_000])).await.expect("open");
    for _ in 0..3 {
        // The first request fills the buffers, so these wait to be written.
        unanswered(&channel, SECOND).await;
    }
    tokio::task::yield_now().await;
    assert_eq!(channel.unanswered(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_silent_peer_is_closed_once_calls_went_unanswered_for_60_s() {
    for start in [
        start_with(service_fn(echo), ConnectionConfig::server(), 1024 * 1024),
        start_client_with(service_fn(echo), ConnectionConfig::client(), 1024 * 1024),
    ] {
        let Running { peer: _peer, channel, task } = start;
        let started = Instant::now();
        while !channel.is_closed() {
            channel.invoke_oneway(request(1, 1)).await.expect("open");
            unanswered(&channel, 3 * SECOND).await;
            tokio::task::yield_now().await;
        }
        // The first call was given up after 3 s.
        assert_eq!(started.elapsed(), 63 * SECOND);
        let Ok(end) = soon(task).await.expect("no panic");
        assert!(matches!(end.reason, CloseReason::AnswerStalled), "{:?}", end.reason);
        assert!(end.reason.is_error());
        assert_eq!(end.reason.to_string(), "the peer stopped answering");
    }
}

#[tokio::test(start_paused = true)]
async fn the_time_can_be_set_and_switched_off() {
    for (limit, at) in [(5 * SECOND, Some(9)), (Duration::ZERO, Some(3)), (Duration::MAX, None)] {
        let mut config = ConnectionConfig::server();
        config.answer_stall = limit;
        let Running { peer: _peer, channel, .. } = start_with(service_fn(echo), config, 1 << 20);
        let started = Instant::now();
        for _ in 0..1000 {
            if channel.is_closed() {
                break;
            }
            unanswered(&channel, 3 * SECOND).await;
            tokio::task::yield_now().await;
        }
        let closed = channel.is_closed().then(|| started.elapsed().as_secs());
        assert_eq!(closed, at, "{limit:?}");
    }
}

/// A heartbeat every 30 s is enough, and so are late answers.
#[tokio::test(start_paused = true)]
async fn a_peer_that_is_heard_stays() {
    let Running { mut peer, channel, .. } = start(service_fn(echo));
    for turn in 0..20 {
        for _ in 0..10 {
            unanswered(&channel, 3 * SECOND).await;
        }
        if turn % 2 == 0 {
            peer.call(&request(1, 1).oneway()).await;
        } else {
            peer.send(&answer(9999)).await;
        }
    }
    assert!(!channel.is_closed());
}

/// The calls that still wait learn the reason.
#[tokio::test(start_paused = true)]
async fn other_calls_fail_with_the_reason() {
    let mut config = ConnectionConfig::server();
    config.answer_stall = SECOND;
    let Running { peer: _peer, channel, .. } = start_with(service_fn(echo), config, 1 << 20);
    let patient = tokio::spawn(channel.clone().oneshot(request(1, 1)));
    for _ in 0..2 {
        unanswered(&channel, SECOND).await;
    }
    let error = within(SECOND, patient).await.expect("no panic").expect_err("closed");
    assert!(matches!(error, CallError::Closed(CloseReason::AnswerStalled)), "{error:?}");
}

/// While the peer takes no output, a server does not read, and may have left the answer unread.
#[tokio::test(start_paused = true)]
async fn what_is_left_unread_is_not_held_against_the_peer() {
    let mut config = ConnectionConfig::server();
    config.answer_stall = Duration::ZERO;
    let Running { mut peer, channel, .. } = start_with(service_fn(echo), config, 4096);
    let call = {
        let channel = channel.clone();
        tokio::spawn(async move { unanswered(&channel, 2 * SECOND).await })
    };
    sleep(SECOND).await;
    channel.invoke_oneway(request(1, 1).with_body(vec![0; 200_000])).await.expect("open");
    sleep(SECOND / 2).await;
    peer.send(&request(1, 2).oneway()).await;
    soon(call).await.expect("no panic");
    tokio::task::yield_now().await;
    assert!(!channel.is_closed());
    assert_eq!(channel.unanswered(), 0);
}
