//! `proxy_protocol`: trust in headers, and the ends of connections.
#![cfg(feature = "proxy-protocol")]
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

mod common;

use common::connection_from;
use common::proxied::{BALANCER, V1, start, start_with, trusting, v2_ipv4};
use rocketmq_tower_core::{Addr, ChannelInfo, CloseReason, Connection, RemotingCommand};
use rocketmq_tower_layers::ProxyProtocolLayer;
use rocketmq_tower_layers::proxy_protocol::ProxyInfo;
use rocketmq_tower_test_support::{SECOND, assert_accessors, encode, soon};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{Instant, sleep};

#[tokio::test(start_paused = true)]
async fn what_is_no_header_is_the_sources_own_or_refused() {
    let request = encode(&RemotingCommand::request(10));
    for bytes in [&request[..], b"\x16\x03\x01", b"PROXX", b"\r\n\r\n\0\r\nQUIT\r"] {
        let mut started = start(&trusting(ProxyProtocolLayer::optional()), BALANCER);
        started.peer.write_all(bytes).await.expect("open");
        let mut conn = started.passed().await;
        let mut read = vec![0; bytes.len()];
        soon(conn.io_mut().read_exact(&mut read)).await.expect("put back");
        assert_eq!((&read[..], conn.info().peer_addr.to_string().as_str()), (bytes, BALANCER));
        assert!(conn.info().extensions.get::<ProxyInfo>().is_none());

        let mut started = start(&trusting(ProxyProtocolLayer::required()), BALANCER);
        started.peer.write_all(bytes).await.expect("open");
        assert_eq!(
            started.reason().await.to_string(),
            "the connection was refused: it does not begin with a PROXY header"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn who_is_not_trusted_names_nobody() {
    let refused = "the connection was refused: its address is not trusted to send a PROXY header";
    let nobody = [ProxyProtocolLayer::required(), trusting(ProxyProtocolLayer::required())];
    for layer in nobody {
        let started = start(&layer, "192.0.2.1:1");
        assert_eq!(started.reason().await.to_string(), refused);
    }
    for layer in [ProxyProtocolLayer::optional(), trusting(ProxyProtocolLayer::optional())] {
        let mut started = start(&layer, "192.0.2.1:1");
        let mut conn = started.passed().await;
        assert_eq!(conn.info().peer_addr.to_string(), "192.0.2.1:1", "before anything came");
        started.peer.write_all(V1).await.expect("open");
        let mut read = vec![0; V1.len()];
        soon(conn.io_mut().read_exact(&mut read)).await.expect("not looked at");
        assert_eq!(read, V1);
    }
    let (peer, conn) = tokio::io::duplex(64 * 1024);
    let unix = Connection::new(conn, ChannelInfo::new(Addr::Unnamed, Addr::Unnamed));
    let layer = trusting(ProxyProtocolLayer::required());
    assert_eq!(start_with(&layer, peer, unix).reason().await.to_string(), refused);
}

#[tokio::test(start_paused = true)]
async fn anyone_is_trusted_if_it_is_said() {
    let layer = ProxyProtocolLayer::required().trust_anyone();
    for layer in [layer.clone(), trusting(layer)] {
        let (mut peer, conn) = tokio::io::duplex(64 * 1024);
        peer.write_all(V1).await.expect("open");
        let unix = Connection::new(conn, ChannelInfo::new(Addr::Unnamed, Addr::Unnamed));
        let mut started = start_with(&layer, peer, unix);
        assert_eq!(started.passed().await.info().peer_addr.to_string(), "192.0.2.7:5678");
        let mut started = start(&layer, "192.0.2.1:1");
        started.peer.write_all(V1).await.expect("open");
        assert_eq!(started.passed().await.info().peer_addr.to_string(), "192.0.2.7:5678");
    }
}

#[tokio::test(start_paused = true)]
async fn a_header_must_be_complete_in_time() {
    let layer = trusting(ProxyProtocolLayer::required());
    let optional = trusting(ProxyProtocolLayer::optional());
    for (layer, begun, limit) in [
        (layer.clone(), &b""[..], 10 * SECOND),
        (layer.clone(), &V1[..V1.len() - 1], 10 * SECOND),
        (layer.timeout(2 * SECOND), &v2_ipv4(b"")[..27], 2 * SECOND),
        (optional.clone(), b"", 10 * SECOND),
        (optional, b"PROXY", 10 * SECOND),
    ] {
        let mut started = start(&layer, BALANCER);
        let since = Instant::now();
        if !begun.is_empty() {
            sleep(limit - Duration::from_millis(1)).await;
            started.peer.write_all(begun).await.expect("open");
        }
        let text = started.reason().await.to_string();
        assert_eq!(since.elapsed(), limit);
        assert_eq!(
            text,
            format!(
                "the connection was refused: it sent no complete PROXY header within {limit:?}"
            )
        );
    }
}

#[tokio::test(start_paused = true)]
async fn balancers_that_look_whether_the_port_is_open_are_no_failure() {
    for layer in [ProxyProtocolLayer::required(), ProxyProtocolLayer::optional()] {
        let mut started = start(&trusting(layer), BALANCER);
        started.peer.shutdown().await.expect("open");
        assert!(matches!(started.reason().await, CloseReason::PeerClosed));
    }
    let mut started = start(&trusting(ProxyProtocolLayer::required()), BALANCER);
    started.peer.write_all(&V1[..20]).await.expect("open");
    started.peer.shutdown().await.expect("open");
    assert_eq!(
        started.reason().await.to_string(),
        "the connection was refused: it closed in the middle of a PROXY header"
    );
}

#[tokio::test(start_paused = true)]
async fn what_ends_before_it_is_clear_is_passed_on() {
    let mut started = start(&trusting(ProxyProtocolLayer::optional()), BALANCER);
    started.peer.write_all(b"PROX").await.expect("open");
    started.peer.shutdown().await.expect("open");
    let mut conn = started.passed().await;
    let mut read = Vec::new();
    soon(conn.io_mut().read_to_end(&mut read)).await.expect("an end");
    assert_eq!(read, b"PROX");
}

#[tokio::test(start_paused = true)]
async fn a_server_that_drains_does_not_wait_for_headers() {
    let (mut peer, conn) = connection_from(BALANCER);
    let channel = conn.channel();
    peer.write_all(&V1[..20]).await.expect("open");
    let started = start_with(&trusting(ProxyProtocolLayer::required()), peer, conn);
    tokio::task::yield_now().await;
    let since = Instant::now();
    channel.drain();
    assert!(matches!(started.reason().await, CloseReason::Drained));
    assert_eq!(since.elapsed(), Duration::ZERO);
    assert!(channel.is_closed());
}

#[tokio::test(start_paused = true)]
async fn reads_of_any_size_get_what_was_put_back_and_then_the_rest() {
    for size in [1, 2, 7, 300] {
        let mut started = start(&trusting(ProxyProtocolLayer::required()), BALANCER);
        let data: Vec<u8> = (0..200).collect();
        started.peer.write_all(&[V1, &data[..100]].concat()).await.expect("open");
        let mut conn = started.passed().await;
        started.peer.write_all(&data[100..]).await.expect("open");
        started.peer.shutdown().await.expect("open");
        let (mut read, mut buffer) = (Vec::new(), vec![0; size]);
        loop {
            match soon(conn.io_mut().read(&mut buffer)).await.expect("open") {
                0 => break,
                length => read.extend_from_slice(&buffer[..length]),
            }
        }
        assert_eq!(read, data);
        conn.io_mut().write_all(b"back").await.expect("open");
        let mut back = [0; 4];
        soon(started.peer.read_exact(&mut back)).await.expect("written");
        assert_eq!(&back, b"back");
    }
}

#[test]
fn accessors() {
    assert_accessors!(ProxyProtocolLayer::required());
}
