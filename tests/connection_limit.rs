//! The connection limit over real sockets.
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

mod common;

use common::run;
use rocketmq_tower::layers::ConnectionLimitLayer;
use rocketmq_tower::{Server, service_fn};
use rocketmq_tower_test_support::{Raw, SECOND, echo, encode, request, soon};
use tokio::time::timeout;

/// 1000 at once by default; the 1001st waits in the kernel's queue and is served when one leaves.
#[tokio::test]
async fn the_thousand_and_first_waits_its_turn() {
    let server = Server::new(service_fn(echo)).bind("127.0.0.1:0").await.expect("binds");
    let connections = server.connections();
    let server = run(server);
    let mut clients = Vec::new();
    for opaque in 0..1000 {
        let mut client = Raw::connect(server.addr).await;
        assert_eq!(client.call(&request(1, opaque)).await.opaque(), opaque);
        clients.push(client);
    }
    let mut waiting = Raw::connect(server.addr).await;
    waiting.send(&request(1, 1001)).await;
    let mut byte = [0; 1];
    let answer = timeout(SECOND / 2, waiting.io.peek(&mut byte)).await;
    assert!(answer.is_err(), "connected by the kernel, not yet accepted");
    assert_eq!(connections.len(), 1000);
    assert_eq!(clients[500].call(&request(1, 7)).await.opaque(), 7, "the others are served");
    clients.pop();
    assert_eq!(waiting.next().await.expect("served").opaque(), 1001);
    assert_eq!(server.stop().await.accepted, 1001);
}

#[tokio::test]
async fn refusing_closes_at_once() {
    let limit = ConnectionLimitLayer::new(1).refuse();
    let server = Server::new(service_fn(echo)).connection_limit(limit).bind("127.0.0.1:0").await;
    let server = run(server.expect("binds"));
    let mut first = Raw::connect(server.addr).await;
    first.call(&request(1, 1)).await;
    assert!(Raw::connect(server.addr).await.next_or_end().await.is_none());
    first.call(&request(1, 2)).await;
    drop(first);
    soon(async {
        loop {
            let mut again = Raw::connect(server.addr).await;
            // The server may not have noticed yet that the first client has disconnected.
            _ = tokio::io::AsyncWriteExt::write_all(&mut again.io, &encode(&request(1, 3))).await;
            if again.next_or_end().await.is_some() {
                return;
            }
        }
    })
    .await;
    server.stop().await;
}

#[tokio::test]
async fn one_address_cannot_take_it_all() {
    let limit = ConnectionLimitLayer::new(1000).per_ip(2);
    let server = Server::new(service_fn(echo)).connection_limit(limit).bind("127.0.0.1:0").await;
    let server = run(server.expect("binds"));
    let mut clients = [Raw::connect(server.addr).await, Raw::connect(server.addr).await];
    for client in &mut clients {
        client.call(&request(1, 1)).await;
    }
    assert!(Raw::connect(server.addr).await.next_or_end().await.is_none());
    server.stop().await;
}

#[tokio::test]
async fn without_the_limit_all_are_served() {
    let server = Server::new(service_fn(echo)).max_connections(None).bind("127.0.0.1:0").await;
    let server = server.expect("binds");
    let connections = server.connections();
    let server = run(server);
    let mut clients = Vec::new();
    for opaque in 0..1100 {
        let mut client = Raw::connect(server.addr).await;
        client.call(&request(1, opaque)).await;
        clients.push(client);
    }
    assert_eq!(connections.len(), 1100);
    server.stop().await;
}
