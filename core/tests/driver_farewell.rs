//! Tests that a drain loses no request that is on its way: requests are answered with `GO_AWAY` until
//! the peer closes the connection, or had its time.
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

mod common;

use common::{Running, start, start_client_with, start_with};
use rocketmq_tower_core::driver::ConnectionConfig;
use rocketmq_tower_core::{CloseReason, MqVersion, ResponseCode};
use rocketmq_tower_test_support::{Raw, SECOND, answer, echo, encode, request, sleeper, soon};
use std::time::Duration;
use tokio::io::{AsyncWriteExt, DuplexStream};
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tower::service_fn;

async fn is_sent_away(peer: &mut Raw<DuplexStream>, opaque: i32) {
    let away = peer.call(&request(40, opaque)).await;
    assert_eq!((away.opaque(), away.response_code()), (opaque, ResponseCode::GO_AWAY));
}

/// Returns when this side closes its output, without closing the peer's side.
async fn ends_after(peer: &mut Raw<DuplexStream>, started: Instant) -> Duration {
    assert!(peer.next().await.is_none(), "nothing more is sent");
    started.elapsed()
}

#[tokio::test(start_paused = true)]
async fn an_idle_connection_waits_for_requests_on_their_way() {
    let mut running = start(service_fn(echo));
    let started = Instant::now();
    running.channel.drain();
    assert_eq!(ends_after(&mut running.peer, started).await, SECOND);
    running.peer.io.shutdown().await.expect("open");
    let Ok(end) = soon(running.task).await.expect("no panic");
    assert!(matches!(end.reason, CloseReason::Drained), "{end:?}");
}

#[tokio::test(start_paused = true)]
async fn a_request_that_was_on_its_way_is_sent_away_and_the_next_ones_too() {
    let mut running = start(service_fn(echo));
    running.peer.call(&request(1, 1)).await;
    let started = Instant::now();
    running.channel.drain();
    sleep(SECOND * 9 / 10).await;
    is_sent_away(&mut running.peer, 2).await;
    // Sent before the peer knew.
    sleep_until(started + SECOND * 18 / 10).await;
    is_sent_away(&mut running.peer, 3).await;
    assert_eq!(ends_after(&mut running.peer, started).await, SECOND * 19 / 10);
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_closes_ends_it_at_once() {
    let mut running = start(service_fn(echo));
    let started = Instant::now();
    running.channel.drain();
    is_sent_away(&mut running.peer, 1).await;
    running.peer.io.shutdown().await.expect("open");
    let Ok(end) = soon(running.task).await.expect("no panic");
    assert!(matches!(end.reason, CloseReason::Drained), "{end:?}");
    assert_eq!(started.elapsed(), Duration::ZERO);
}

/// A peer that makes one call after the other sends the next request when it has the response.
#[tokio::test(start_paused = true)]
async fn the_time_begins_when_the_last_request_is_answered() {
    let mut running = start(service_fn(sleeper));
    running.peer.send(&request(5, 1)).await;
    sleep(SECOND).await;
    running.channel.drain();
    assert_eq!(running.peer.receive().await.opaque(), 1);
    let answered = Instant::now();
    sleep(SECOND / 2).await;
    is_sent_away(&mut running.peer, 2).await;
    assert_eq!(ends_after(&mut running.peer, answered).await, SECOND * 3 / 2);
}

/// Requests of a version that does not know `GO_AWAY` run. A peer that sends both cannot go on for
/// ever.
#[tokio::test(start_paused = true)]
async fn alternating_versions_cannot_put_it_off() {
    let running = start(service_fn(sleeper));
    let started = Instant::now();
    running.channel.drain();
    let mut bytes = Vec::new();
    for opaque in 0..10_000 {
        let version = if opaque % 2 == 0 { MqVersion::V5_3_3 } else { MqVersion::V5_3_1 };
        bytes.extend(encode(&request(1, opaque).with_version(version)));
    }
    let (mut reader, mut writer) = tokio::io::split(running.peer.io);
    let load = tokio::spawn(async move { writer.write_all(&bytes).await });
    let sink =
        tokio::spawn(async move { tokio::io::copy(&mut reader, &mut tokio::io::sink()).await });
    let reason = soon(running.channel.closed()).await;
    assert!(matches!(reason, CloseReason::Drained), "{reason}");
    assert!(started.elapsed() < 4 * SECOND, "{:?}", started.elapsed());
    sink.await.expect("no panic").expect("no reset");
    load.abort();
}

#[tokio::test(start_paused = true)]
async fn the_time_can_be_set() {
    let mut config = ConnectionConfig::server();
    config.linger = Duration::ZERO;
    let mut running = start_with(service_fn(echo), config, 1024);
    let started = Instant::now();
    running.channel.drain();
    assert_eq!(ends_after(&mut running.peer, started).await, Duration::ZERO);
}

/// A client waits for requests only if its server has asked before, and was not leaving itself.
#[tokio::test(start_paused = true)]
async fn a_client_waits_only_if_its_server_may_ask() {
    let run = || start_client_with(service_fn(echo), ConnectionConfig::client(), 64 * 1024);
    for (asks, leaves, waits) in [
        (None, false, Duration::ZERO),
        (Some(request(1, 1).oneway()), false, Duration::ZERO),
        (Some(request(1, 1)), false, SECOND),
        (Some(request(1, 1)), true, Duration::ZERO),
    ] {
        let Running { mut peer, channel, .. } = run();
        if let Some(asked) = asks {
            peer.send(&asked).await;
            if !asked.is_oneway() {
                peer.receive().await;
            }
        }
        // A response that arrives after everything else.
        let calling = channel.clone();
        let call = tokio::spawn(async move { calling.invoke(request(5, 1), SECOND).await });
        let opaque = peer.receive().await.opaque();
        let mut response = answer(opaque);
        if leaves {
            response.set_code(ResponseCode::GO_AWAY);
        }
        peer.send(&response).await;
        soon(call).await.expect("no panic").expect("answered");
        let started = Instant::now();
        channel.drain();
        assert_eq!(ends_after(&mut peer, started).await, waits);
    }
}

/// The connection reads for as long as a request runs.
#[tokio::test(start_paused = true)]
async fn requests_are_sent_away_while_another_runs() {
    let mut running = start(service_fn(sleeper));
    running.peer.send(&request(10, 1)).await;
    sleep(SECOND).await;
    running.channel.drain();
    for opaque in 2..9 {
        sleep(SECOND).await;
        is_sent_away(&mut running.peer, opaque).await;
    }
    let last = timeout(5 * SECOND, running.peer.receive()).await.expect("in time");
    assert_eq!((last.opaque(), last.response_code()), (1, ResponseCode::SUCCESS));
}
