//! `read_idle_timeout`.
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

mod common;

use common::{Lifetime, connection, driver};
use rocketmq_tower_core::{BoxError, Channel, CloseReason, RemotingCommand, ResponseCode};
use rocketmq_tower_layers::ReadIdleTimeoutLayer;
use rocketmq_tower_test_support::{
    SECOND, assert_accessors, encode, request, sleeper, soon, within,
};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::time::{Instant, sleep};
use tower::limit::ConcurrencyLimit;
use tower::{Layer, Service, service_fn};

fn start(layer: ReadIdleTimeoutLayer) -> (DuplexStream, Channel, Lifetime) {
    common::start(layer.layer(driver(service_fn(sleeper))))
}

/// Reads and discards, so that everything can be written to it.
fn drain(mut peer: impl AsyncReadExt + Unpin + Send + 'static) {
    tokio::spawn(
        async move { while peer.read(&mut [0; 4096]).await.is_ok_and(|read| read > 0) {} },
    );
}

#[tokio::test(start_paused = true)]
async fn a_mute_peer_leaves_after_exactly_the_limit_whatever_it_is_sent() {
    for limit in [7 * SECOND, Duration::ZERO] {
        let (peer, channel, life) = start(ReadIdleTimeoutLayer::new(limit));
        let started = Instant::now();
        let (reader, _mute) = tokio::io::split(peer);
        drain(reader);
        let pushed = channel.clone();
        tokio::spawn(async move {
            while pushed.invoke_oneway(request(1, 1)).await.is_ok() {
                sleep(SECOND / 3).await
            }
        });
        assert!(matches!(within(20 * SECOND, channel.closed()).await, CloseReason::ReadIdle));
        assert_eq!(started.elapsed(), limit);
        let Ok(end) = soon(life).await.expect("no panic");
        assert!(!end.reason.is_error());
        assert_eq!(end.reason.to_string(), "the peer was silent");
    }
}

#[tokio::test(start_paused = true)]
async fn every_byte_that_comes_counts() {
    let (mut peer, channel, _life) = start(ReadIdleTimeoutLayer::new(SECOND));
    let mut last = Instant::now();
    for byte in &encode(&RemotingCommand::request(5)) {
        sleep(SECOND * 9 / 10).await;
        last = Instant::now();
        peer.write_all(&[*byte]).await.expect("open");
    }
    within(20 * SECOND, channel.closed()).await;
    assert_eq!(last.elapsed(), SECOND, "what is written meanwhile does not count");
}

/// The service takes its time, and the driver reads no further: bytes of the peer wait in the pipe.
#[tokio::test(start_paused = true)]
async fn time_in_which_the_driver_does_not_read_does_not_count() {
    let one_by_one = ConcurrencyLimit::new(service_fn(sleeper), 1);
    let layer = ReadIdleTimeoutLayer::new(10 * SECOND);
    let (mut peer, channel, _life) = common::start(layer.layer(driver(one_by_one)));
    // Each takes nine seconds; 64 are read ahead.
    let frames = encode(&RemotingCommand::request(9)).repeat(200);
    peer.write_all(&frames).await.expect("the pipe takes all");
    drain(peer);
    sleep(60 * SECOND).await;
    assert!(!channel.is_closed());
}

/// The peer takes no output for a time, so the driver does not read, either.
#[tokio::test(start_paused = true)]
async fn time_in_which_the_peer_takes_no_output_does_not_count() {
    let (mut peer, channel, _life) = start(ReadIdleTimeoutLayer::new(10 * SECOND));
    sleep(SECOND).await;
    let long = request(1, 1).with_body(vec![0; 1 << 20]);
    channel.invoke_oneway(long).await.expect("open");
    for _ in 0..5 {
        sleep(5 * SECOND).await;
        // The driver does not read this until the peer has read.
        peer.write_all(&encode(&request(0, 1).oneway())).await.expect("there is room");
        peer.read_exact(&mut [0; 1000]).await.expect("open");
    }
    assert!(!channel.is_closed());
    let started = Instant::now();
    let (reader, _mute) = tokio::io::split(peer);
    drain(reader);
    assert!(matches!(within(20 * SECOND, channel.closed()).await, CloseReason::ReadIdle));
    assert_eq!(started.elapsed(), 10 * SECOND, "after the last bytes were read");
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
    let (mut peer, conn) = connection();
    let layer = ReadIdleTimeoutLayer::new(10 * SECOND);
    let life = tokio::spawn(layer.layer(driver(slow)).call(conn));
    peer.write_all(&encode(&RemotingCommand::request(1))).await.expect("open");
    let started = Instant::now();
    assert_eq!(soon(peer.read(&mut [0; 1])).await.expect("an end"), 0);
    assert_eq!(started.elapsed(), 10 * SECOND);
    within(100 * SECOND, life).await.expect("no panic").expect("infallible");
    assert_eq!((told.recv().await, started.elapsed()), (Some(0), 60 * SECOND));
}

#[tokio::test(start_paused = true)]
async fn the_longest_limit_is_never() {
    let (_peer, channel, _life) = start(ReadIdleTimeoutLayer::new(Duration::MAX));
    sleep(Duration::from_secs(365 * 24 * 3600)).await;
    assert!(!channel.is_closed());
}

#[test]
fn accessors() {
    assert_accessors!(ReadIdleTimeoutLayer::new(SECOND));
}
