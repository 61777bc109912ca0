//! `idle_timeout`.
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

mod common;

use common::{Lifetime, driver};
use rocketmq_tower_core::{BoxError, Channel, CloseReason, RemotingCommand, ResponseCode};
use rocketmq_tower_layers::IdleTimeoutLayer;
use rocketmq_tower_test_support::{
    Raw, SECOND, answer, assert_accessors, encode, request, sleeper, soon, within,
};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::sync::mpsc::unbounded_channel;
use tokio::time::{Instant, sleep};
use tower::{Layer, service_fn};

fn start(layer: IdleTimeoutLayer) -> (DuplexStream, Channel, Lifetime) {
    common::start(layer.layer(driver(service_fn(sleeper))))
}

/// A peer that keeps its side open gets a second for requests that are on their way.
#[tokio::test(start_paused = true)]
async fn a_silent_connection_ends_after_exactly_the_limit() {
    for (layer, limit) in [
        (IdleTimeoutLayer::default(), 120 * SECOND),
        (IdleTimeoutLayer::new(7 * SECOND), 7 * SECOND),
        (IdleTimeoutLayer::from(7 * SECOND), 7 * SECOND),
        (IdleTimeoutLayer::new(Duration::ZERO), Duration::ZERO),
    ] {
        let (mut peer, channel, life) = start(layer);
        let started = Instant::now();
        within(200 * SECOND, channel.draining()).await;
        assert_eq!(started.elapsed(), limit);
        assert_eq!(soon(peer.read(&mut [0; 1])).await.expect("an end"), 0);
        let farewell = if limit.is_zero() { Duration::ZERO } else { SECOND };
        assert_eq!(started.elapsed(), limit + farewell);
        drop(peer);
        let Ok(end) = soon(life).await.expect("no panic");
        assert!(matches!(end.reason, CloseReason::Idle));
        assert!(matches!(channel.close_reason(), Some(CloseReason::Idle)));
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_that_comes_as_it_ends_is_sent_away() {
    let (peer, channel, life) = start(IdleTimeoutLayer::new(10 * SECOND));
    let mut peer = Raw::new(peer);
    within(20 * SECOND, channel.draining()).await;
    let answer = peer.call(&request(0, 1)).await;
    assert_eq!(answer.response_code(), ResponseCode::GO_AWAY);
    drop(peer);
    let Ok(end) = soon(life).await.expect("no panic");
    assert!(matches!(end.reason, CloseReason::Idle));
}

#[tokio::test(start_paused = true)]
async fn every_byte_that_comes_counts() {
    let (mut peer, channel, _life) = start(IdleTimeoutLayer::new(SECOND));
    for byte in &encode(&RemotingCommand::request(0)) {
        sleep(SECOND * 9 / 10).await;
        peer.write_all(&[*byte]).await.expect("open");
    }
    let started = Instant::now();
    soon(channel.draining()).await;
    assert_eq!(started.elapsed(), SECOND, "after the answer, which went out at once");
}

#[tokio::test(start_paused = true)]
async fn what_is_written_counts_as_well() {
    let (mut peer, channel, _life) = start(IdleTimeoutLayer::new(10 * SECOND));
    let started = Instant::now();
    peer.write_all(&encode(&RemotingCommand::request(9))).await.expect("open");
    soon(channel.draining()).await;
    assert_eq!(started.elapsed(), 19 * SECOND, "ten seconds after the answer");
}

#[tokio::test(start_paused = true)]
async fn a_request_that_runs_is_answered() {
    let (peer, channel, life) = start(IdleTimeoutLayer::new(SECOND));
    let (mut peer, started) = (Raw::new(peer), Instant::now());
    let answer = peer.call(&request(2, 1)).await;
    assert_eq!((answer.response_code(), answer.opaque()), (ResponseCode::SUCCESS, 1));
    assert!(channel.is_draining());
    assert_eq!(started.elapsed(), 2 * SECOND);
    assert!(peer.next().await.is_none(), "and then it ends");
    drop(peer);
    let Ok(end) = soon(life).await.expect("no panic");
    assert!(matches!(end.reason, CloseReason::Idle));
}

#[tokio::test(start_paused = true)]
async fn requests_that_outlast_the_grace_are_finished_all_the_same() {
    for (grace, end) in [(None, 40), (Some(5 * SECOND), 15)] {
        let (finished, mut told) = unbounded_channel();
        let slow = service_fn(move |request: RemotingCommand| {
            let finished = finished.clone();
            async move {
                sleep(60 * SECOND).await;
                finished.send(request.opaque())?;
                Ok::<_, BoxError>(RemotingCommand::response(ResponseCode::SUCCESS))
            }
        });
        let mut layer = IdleTimeoutLayer::new(10 * SECOND);
        if let Some(grace) = grace {
            layer = layer.grace(grace);
        }
        let (mut peer, channel, life) = common::start(layer.layer(driver(slow)));
        peer.write_all(&encode(&request(1, 7))).await.expect("open");
        let started = Instant::now();
        assert_eq!(within(50 * SECOND, peer.read(&mut [0; 1])).await.expect("an end"), 0);
        assert_eq!(started.elapsed(), end * SECOND);
        assert!(told.try_recv().is_err());
        assert!(matches!(soon(channel.closed()).await, CloseReason::Idle));
        within(100 * SECOND, life).await.expect("no panic").expect("infallible");
        assert_eq!((told.recv().await, started.elapsed()), (Some(7), 60 * SECOND));
    }
}

#[tokio::test(start_paused = true)]
async fn a_grace_may_last_for_ever() {
    let (parked, mut responders) = unbounded_channel();
    let layer = IdleTimeoutLayer::new(10 * SECOND).grace(Duration::MAX);
    let (peer, channel, _life) = common::start(layer.layer(driver(common::parking(parked))));
    let mut peer = Raw::new(peer);
    peer.send(&request(1, 1)).await;
    let responder = soon(responders.recv()).await.expect("deferred");
    sleep(3600 * SECOND).await;
    assert!(channel.is_draining() && !channel.is_closed());
    responder.send(RemotingCommand::response(ResponseCode::SUCCESS)).expect("open");
    assert_eq!(peer.receive().await.opaque(), 1);
}

/// The peer may have vanished: only the end of the connection frees what it holds.
#[tokio::test(start_paused = true)]
async fn a_deferred_request_does_not_keep_a_connection() {
    let (parked, mut responders) = unbounded_channel();
    let layer = IdleTimeoutLayer::new(10 * SECOND);
    let (peer, channel, _life) = common::start(layer.layer(driver(common::parking(parked))));
    let (mut peer, started) = (Raw::new(peer), Instant::now());
    peer.send(&request(1, 1)).await;
    let _responder = soon(responders.recv()).await.expect("deferred");
    within(60 * SECOND, channel.closed()).await;
    assert_eq!(started.elapsed(), 40 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn connections_with_requests_may_be_spared() {
    let (parked, mut responders) = unbounded_channel();
    let layer = IdleTimeoutLayer::new(10 * SECOND).spare_busy(true);
    let (peer, channel, _life) = common::start(layer.layer(driver(common::parking(parked))));
    let (mut peer, started) = (Raw::new(peer), Instant::now());
    peer.send(&request(1, 1)).await;
    let responder = soon(responders.recv()).await.expect("deferred");
    sleep(95 * SECOND).await;
    assert!(!channel.is_draining() && channel.requests() == 1);
    responder.send(RemotingCommand::response(ResponseCode::SUCCESS)).expect("open");
    assert_eq!(peer.receive().await.opaque(), 1);
    within(20 * SECOND, channel.draining()).await;
    assert_eq!(started.elapsed(), 105 * SECOND, "ten seconds after the response");

    let (peer, channel, _life) = start(layer);
    let (mut peer, started) = (Raw::new(peer), Instant::now());
    peer.send(&request(95, 1)).await;
    peer.send(&request(95, 2).oneway()).await;
    within(100 * SECOND, peer.try_next()).await.expect("sound").expect("answered");
    assert_eq!(started.elapsed(), 95 * SECOND);
    within(20 * SECOND, channel.draining()).await;
    assert_eq!(started.elapsed(), 105 * SECOND);
}

/// Nothing is written at the end of a oneway request.
#[tokio::test(start_paused = true)]
async fn a_spared_connection_ends_at_most_the_limit_after_its_last_request() {
    let layer = IdleTimeoutLayer::new(10 * SECOND).spare_busy(true);
    let (peer, channel, _life) = start(layer);
    let (mut peer, started) = (Raw::new(peer), Instant::now());
    peer.send(&request(95, 2).oneway()).await;
    within(200 * SECOND, channel.draining()).await;
    assert_eq!(started.elapsed(), 100 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn connections_with_calls_may_be_spared() {
    for (spare, answered) in [(true, true), (false, false)] {
        let layer = IdleTimeoutLayer::new(10 * SECOND).spare_busy(spare);
        let (peer, channel, _life) = start(layer);
        let mut peer = Raw::new(peer);
        let call = tokio::spawn({
            let channel = channel.clone();
            async move { channel.invoke(request(1, 1), 100 * SECOND).await }
        });
        let asked = peer.receive().await;
        sleep(60 * SECOND).await;
        _ = peer.try_send(&answer(asked.opaque())).await;
        assert_eq!(soon(call).await.expect("no panic").is_ok(), answered);
        within(20 * SECOND, channel.draining()).await;
    }
}

#[tokio::test(start_paused = true)]
async fn the_longest_limit_is_never() {
    for layer in [IdleTimeoutLayer::new(Duration::MAX), IdleTimeoutLayer::from(None)] {
        let (_peer, channel, _life) = start(layer);
        sleep(Duration::from_secs(365 * 24 * 3600)).await;
        assert!(!channel.is_draining() && !channel.is_closed());
    }
}

#[test]
fn accessors() {
    assert_accessors!(IdleTimeoutLayer::default());
}
