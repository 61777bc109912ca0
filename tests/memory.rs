//! Announced lengths reserve no memory. This test is its own process, whose memory is measured.
#![cfg(target_os = "linux")]
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

mod common;

use rocketmq_tower_test_support::{Process, Raw, request};
use tokio::io::AsyncWriteExt;

/// Returns the resident memory of this process, in bytes.
fn resident() -> usize {
    Process::own().resident().expect("Linux")
}

/// The tests run one after the other: each would measure the other's memory.
#[tokio::test]
async fn memory_is_for_what_is_there() {
    claims_cost_nothing().await;
    idle_connections_hold_no_buffers().await;
}

/// Peers announce a frame of 16 MiB, send none of it and stay: no memory is reserved.
async fn claims_cost_nothing() {
    let server = common::echo_server().await;
    let mut neighbour = Raw::connect(server.addr).await;
    neighbour.call(&request(1, 0)).await;
    let before = resident();
    // This is the longest allowed frame, with the beginning of a header of 16,000,000 bytes.
    let claim = [&16_777_212_u32.to_be_bytes()[..], &16_000_000_u32.to_be_bytes(), b"{"].concat();
    let mut clients = Vec::new();
    for _ in 0..500 {
        let mut client = Raw::connect(server.addr).await;
        client.io.write_all(&claim).await.expect("open");
        clients.push(client);
    }
    assert_eq!(neighbour.call(&request(1, 5)).await.opaque(), 5);
    let grown = resident().saturating_sub(before);
    // This is the memory of both ends of 500 connections, which announced 8 GB.
    assert!(grown < 30 << 20, "{grown} bytes");
    server.stop().await;
}

/// Connections that transferred large bodies and are idle now.
async fn idle_connections_hold_no_buffers() {
    let server = common::echo_server().await;
    let before = resident();
    let mut sockets = Vec::new();
    for opaque in 0..500 {
        let mut client = Raw::connect(server.addr).await;
        let answer = client.call(&request(1, opaque).with_body(vec![0; 200_000])).await;
        assert_eq!(answer.body().len(), 200_000);
        sockets.push(client.io);
    }
    let grown = resident().saturating_sub(before);
    assert!(grown < 30 << 20, "{grown} bytes, of 100 MB that went either way");
    server.stop().await;
}
