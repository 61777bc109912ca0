//! `idle_timeout`.
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

mod common;

use common::{Lifetime, connection, driver};
use rocketmq_tower_core::{BoxError, Channel, CloseReason, RemotingCommand, ResponseCode};
use rocketmq_tower_layers::IdleTimeoutLayer;
use rocketmq_tower_test_support::{SECOND, assert_accessors, encode, sleeper, soon, within};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::time::{Instant, sleep};
use tower::{Layer, Service, ServiceBuilder, service_fn};

fn start(layer: IdleTimeoutLayer) -> (DuplexStream, Channel, Lifetime) {
    common::start(layer.layer(driver(service_fn(sleeper))))
}

#[tokio::test(start_paused = true)]
async fn a_silent_connection_ends_after_exactly_the_limit() {
    for (layer, limit) in [
        (IdleTimeoutLayer::default(), 120 * SECOND),
        (IdleTimeoutLayer::new(7 * SECOND), 7 * SECOND),
        (IdleTimeoutLayer::new(Duration::ZERO), Duration::ZERO),
    ] {
        let (mut peer, channel, life) = start(layer);
        let started = Instant::now();
        let end = within(200 * SECOND, peer.read(&mut [0; 1])).await;
        assert_eq!(end.expect("an end"), 0);
        assert_eq!(started.elapsed(), limit);
        assert!(matches!(channel.close_reason(), Some(CloseReason::Idle)));
        let Ok(end) = soon(life).await.expect("no panic");
        assert!(matches!(end.reason, CloseReason::Idle));
    }
}

#[tokio::test(start_paused = true)]
async fn every_byte_that_comes_counts() {
    let (mut peer, channel, _life) = start(IdleTimeoutLayer::new(SECOND));
    for byte in &encode(&RemotingCommand::request(0)) {
        sleep(SECOND * 9 / 10).await;
        peer.write_all(&[*byte]).await.expect("open");
    }
    let started = Instant::now();
    soon(channel.closed()).await;
    assert_eq!(started.elapsed(), SECOND, "after the answer, which went out at once");
}

#[tokio::test(start_paused = true)]
async fn what_is_written_counts_as_well() {
    let (mut peer, channel, _life) = start(IdleTimeoutLayer::new(10 * SECOND));
    let started = Instant::now();
    peer.write_all(&encode(&RemotingCommand::request(9))).await.expect("open");
    soon(channel.closed()).await;
    assert_eq!(started.elapsed(), 19 * SECOND, "ten seconds after the answer");
}

#[tokio::test(start_paused = true)]
async fn requests_that_run_are_finished_all_the_same() {
    let (finished, mut told) = tokio::sync::mpsc::unbounded_channel();
    let slow = service_fn(move |request: RemotingCommand| {
        let finished = finished.clone();
        async move {
            sleep(60 * SECOND).await;
            finished.send(request.opaque())?;
            Ok::<_, BoxError>(RemotingCommand::response(ResponseCode::SUCCESS))
        }
    });
    let mut service =
        ServiceBuilder::new().layer(IdleTimeoutLayer::new(10 * SECOND)).service(driver(slow));
    let (mut peer, conn) = connection();
    let life = tokio::spawn(service.call(conn));
    peer.write_all(&encode(&RemotingCommand::request(1))).await.expect("open");
    let started = Instant::now();
    assert_eq!(soon(peer.read(&mut [0; 1])).await.expect("an end"), 0);
    assert_eq!(started.elapsed(), 10 * SECOND);
    assert!(told.try_recv().is_err());
    within(100 * SECOND, life).await.expect("no panic").expect("infallible");
    assert_eq!((told.recv().await, started.elapsed()), (Some(0), 60 * SECOND));
}

#[tokio::test(start_paused = true)]
async fn the_longest_limit_is_never() {
    let (_peer, channel, _life) = start(IdleTimeoutLayer::new(Duration::MAX));
    sleep(Duration::from_secs(365 * 24 * 3600)).await;
    assert!(!channel.is_closed());
}

#[test]
fn accessors() {
    assert_accessors!(IdleTimeoutLayer::default());
}
