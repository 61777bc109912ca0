//! Peers that connect and stay silent, or never finish the bytes before the first frame. This test
//! is its own process, whose memory is measured: `--nocapture` shows the figures.
#![cfg(all(target_os = "linux", feature = "proxy-protocol"))]
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

mod common;

use common::run;
use rocketmq_tower::layers::{FirstByteTimeoutLayer, ProxyProtocolLayer};
use rocketmq_tower::{Server, service_fn};
use rocketmq_tower_test_support::{Process, Raw, SECOND, echo, request};
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::io::AsyncWriteExt;

const MANY: usize = 1000;

/// Returns the resident memory of this process, in bytes.
fn resident() -> usize {
    Process::own().resident().expect("Linux")
}

/// The tests run one after the other: each would measure the other's memory.
#[tokio::test]
async fn a_thousand_peers_that_hang_keep_nobody_out_and_cost_little() {
    let line = b"PROXY TCP4 192.0.2.7 198.51.100.1 5678 4";
    // This is one byte less than the longest accepted header.
    let long = [&b"\r\n\r\n\0\r\nQUIT\n\x21\x11\x0f\xf0"[..], &[0; 4079]].concat();
    let before = resident();
    for (begun, max) in [(&b""[..], 10 << 20), (line, 10 << 20), (&long, 20 << 20)] {
        hang(begun).await;
        // This counts both ends; memory from before is not returned to the system.
        let grown = resident().saturating_sub(before);
        println!("a thousand times {} bytes: {} KiB more in all", begun.len(), grown >> 10);
        assert!(grown < max, "{} bytes begun: {grown}", begun.len());
    }
    a_full_server_gets_rid_of_them().await;
}

/// Opens connections that begin with `begun` and go no further.
async fn hang(begun: &[u8]) {
    let timeout = 3 * SECOND;
    let headers = ProxyProtocolLayer::optional().trust(["127.0.0.0/8".parse().expect("a network")]);
    let server = Server::new(service_fn(echo))
        .max_connections(10_000)
        .connection_layer(FirstByteTimeoutLayer::new(timeout))
        .connection_layer(headers.timeout(timeout))
        .bind("127.0.0.1:0")
        .await
        .expect("binds");
    let connections = server.connections();
    let server = run(server);
    let mut hanging = connect(server.addr, begun).await;
    let (mut client, answered) = ask(server.addr).await;
    // All connections from before this client have been accepted before it.
    assert!(connections.len() > MANY / 2, "{} are left", connections.len());
    println!("a client is answered after {answered:?}, beside {}", connections.len() - 1);
    assert!(answered < SECOND, "{answered:?}");
    for peer in &mut hanging {
        assert!(peer.next_or_end().await.is_none(), "they are sent away");
    }
    assert_eq!(client.call(&request(1, 3)).await.opaque(), 3, "who speaks stays");
    drop(client);
    server.stop().await;
}

/// The default limit is a thousand connections: further ones wait until silent ones are closed.
async fn a_full_server_gets_rid_of_them() {
    let layer = FirstByteTimeoutLayer::new(Duration::from_millis(300));
    let server = Server::new(service_fn(echo)).connection_layer(layer).bind("127.0.0.1:0").await;
    let server = run(server.expect("binds"));
    let _silent = connect(server.addr, b"").await;
    let (_, answered) = ask(server.addr).await;
    println!("behind a full server's limit it is after {answered:?}");
    assert!(answered < SECOND, "{answered:?}");
    assert_eq!(server.stop().await.accepted, MANY as u64 + 1);
}

async fn connect(addr: SocketAddr, begun: &[u8]) -> Vec<Raw> {
    let mut peers = Vec::new();
    for _ in 0..MANY {
        let mut peer = Raw::connect(addr).await;
        peer.io.write_all(begun).await.expect("open");
        peers.push(peer);
    }
    peers
}

/// Connects, calls, and returns how long both took.
async fn ask(addr: SocketAddr) -> (Raw, Duration) {
    let since = Instant::now();
    let mut client = Raw::connect(addr).await;
    assert_eq!(client.call(&request(1, 2)).await.opaque(), 2);
    (client, since.elapsed())
}
