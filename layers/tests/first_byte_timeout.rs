//! `first_byte_timeout`.
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

mod common;

use common::{Lifetime, connection, driver};
use rocketmq_tower_core::{Channel, CloseReason, Connection, Disconnect, RemotingCommand};
use rocketmq_tower_layers::FirstByteTimeoutLayer;
use rocketmq_tower_test_support::{SECOND, assert_accessors, encode, sleeper, soon};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::time::{Instant, sleep};
use tower::{Layer, Service, service_fn};

fn start(layer: FirstByteTimeoutLayer) -> (DuplexStream, Channel, Lifetime) {
    common::start(layer.layer(driver(service_fn(sleeper))))
}

#[tokio::test(start_paused = true)]
async fn a_silent_connection_ends_after_exactly_the_limit() {
    for (layer, limit) in [
        (FirstByteTimeoutLayer::default(), 10 * SECOND),
        (FirstByteTimeoutLayer::new(3 * SECOND), 3 * SECOND),
        (FirstByteTimeoutLayer::new(Duration::ZERO), Duration::ZERO),
    ] {
        let (mut peer, channel, life) = start(layer);
        let started = Instant::now();
        assert_eq!(soon(peer.read(&mut [0; 1])).await.expect("an end"), 0);
        assert_eq!(started.elapsed(), limit);
        let text = format!("the connection was refused: its peer sent nothing for {limit:?}");
        assert_eq!(channel.close_reason().expect("closed").to_string(), text);
        let Ok(end) = soon(life).await.expect("no panic");
        assert!(matches!(end.reason, CloseReason::Refused(_)) && !end.reason.is_error());
    }
}

#[tokio::test(start_paused = true)]
async fn one_byte_is_enough() {
    let (mut peer, channel, _life) = start(FirstByteTimeoutLayer::new(10 * SECOND));
    sleep(10 * SECOND - Duration::from_millis(1)).await;
    let request = encode(&RemotingCommand::request(0));
    peer.write_all(&request[..1]).await.expect("open");
    sleep(20 * SECOND).await;
    peer.write_all(&request[1..]).await.expect("open");
    soon(peer.read_u8()).await.expect("an answer");
    sleep(1000 * SECOND).await;
    assert!(!channel.is_closed(), "silence is the idle timeout's matter from now on");
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_leaves_without_a_word_is_told_as_such() {
    let (peer, channel, life) = start(FirstByteTimeoutLayer::default());
    drop(peer);
    let Ok(end) = soon(life).await.expect("no panic");
    assert!(matches!(end.reason, CloseReason::PeerClosed), "{:?}", channel.close_reason());
}

#[tokio::test(start_paused = true)]
async fn the_longest_limit_is_never() {
    let (_peer, channel, _life) = start(FirstByteTimeoutLayer::new(Duration::MAX));
    sleep(Duration::from_secs(365 * 24 * 3600)).await;
    assert!(!channel.is_closed());
}

/// Waits for a byte before the driver runs, as a handshake does. The timeout ends this wait, too.
async fn shake<Io: AsyncRead + Unpin>(mut conn: Connection<Io>) -> Result<Disconnect, String> {
    let error = conn.io_mut().read_u8().await.expect_err("nothing comes");
    Err(error.to_string())
}

#[tokio::test(start_paused = true)]
async fn layers_inside_that_wait_for_the_peer_see_an_error() {
    let mut service = FirstByteTimeoutLayer::default().layer(service_fn(shake));
    let (_peer, conn) = connection();
    let (channel, started) = (conn.channel(), Instant::now());
    let error = soon(service.call(conn)).await.expect_err("in time");
    assert_eq!((error.as_str(), started.elapsed()), ("its peer sent nothing for 10s", 10 * SECOND));
    assert!(matches!(channel.close_reason(), Some(CloseReason::Refused(_))));
}

#[test]
fn accessors() {
    assert_accessors!(FirstByteTimeoutLayer::default());
}
