//! Limits per peer and per code, over real sockets, as clients observe them.
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

mod common;

use common::{Running, run};
use rocketmq_tower::layers::ip_filter::IpRules;
use rocketmq_tower::layers::{BodyLimitLayer, IpFilterLayer, PeerRateLimitLayer};
use rocketmq_tower::{RequestCode, ResponseCode, Server, service_fn};
use rocketmq_tower_test_support::{Raw, echo, request};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

#[tokio::test]
async fn rules_hold_for_connections_that_come_after_them() {
    let filter = IpFilterLayer::new(IpRules::new());
    let server = Server::new(service_fn(echo)).connection_layer(filter.clone());
    let server = run(server.bind("127.0.0.1:0").await.expect("binds"));
    let mut first = Raw::connect(server.addr).await;
    first.call(&request(1, 1)).await;
    filter.replace(IpRules::new().deny(["127.0.0.0/8".parse().expect("a network")]));
    assert!(Raw::connect(server.addr).await.next_or_end().await.is_none());
    assert_eq!(first.call(&request(1, 2)).await.opaque(), 2, "who is there stays");
    filter.replace(IpRules::new().allow(["127.0.0.1".parse().expect("an address")]));
    assert_eq!(Raw::connect(server.addr).await.call(&request(1, 3)).await.opaque(), 3);
    assert_eq!(filter.refused(), 1);
    server.stop().await;
}

/// Starts a server that allows each peer a burst of ten requests and then one per second. It counts
/// the requests that are processed.
async fn rated() -> (Running, Arc<AtomicUsize>) {
    let processed = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&processed);
    let processor = service_fn(move |request| {
        count.fetch_add(1, Ordering::Relaxed);
        echo(request)
    });
    let server = Server::new(processor).layer(PeerRateLimitLayer::new(1).burst(10));
    (run(server.bind("127.0.0.1:0").await.expect("binds")), processed)
}

#[tokio::test]
async fn a_peer_that_asks_too_much_is_told_so_on_all_its_connections() {
    let (server, processed) = rated().await;
    let mut clients = [Raw::connect(server.addr).await, Raw::connect(server.addr).await];
    let mut codes = Vec::new();
    for opaque in 0..40 {
        for client in &mut clients {
            codes.push(client.call(&request(1, opaque)).await.response_code());
        }
    }
    let served = codes.iter().filter(|code| **code == ResponseCode::SUCCESS).count();
    let busy = codes.iter().filter(|code| **code == ResponseCode::SYSTEM_BUSY).count();
    assert_eq!((served, served + busy), (processed.load(Ordering::Relaxed), 80));
    // Ten requests, and one for each second that this took.
    assert!((10..40).contains(&served), "{served}");
    server.stop().await;
}

#[tokio::test]
async fn oneway_requests_that_are_too_many_are_dropped_without_an_answer() {
    let (server, processed) = rated().await;
    let mut client = Raw::connect(server.addr).await;
    for opaque in 0..100 {
        client.send(&request(1, opaque).oneway()).await;
    }
    let answer = client.call(&request(1, 100)).await;
    assert_eq!((answer.opaque(), answer.response_code()), (100, ResponseCode::SYSTEM_BUSY));
    assert!((10..90).contains(&processed.load(Ordering::Relaxed)));
    server.stop().await;
}

#[tokio::test]
async fn a_body_that_is_too_long_is_answered_and_the_connection_goes_on() {
    let limit = BodyLimitLayer::new(1000).code(RequestCode::SEND_MESSAGE, 1 << 20);
    let server = Server::new(service_fn(echo)).layer(limit).bind("127.0.0.1:0").await;
    let server = run(server.expect("binds"));
    let mut client = Raw::connect(server.addr).await;
    let heartbeat = request(34, 1).with_body(vec![0; 1001]);
    let answer = client.call(&heartbeat).await;
    assert_eq!(answer.response_code(), ResponseCode::MESSAGE_ILLEGAL);
    assert_eq!(
        answer.remark(),
        Some("the body of 1001 bytes exceeds the limit of 1000 for HEART_BEAT")
    );
    let send = request(10, 2).with_body(vec![0; 1 << 20]);
    assert_eq!(client.call(&send).await.body().len(), 1 << 20);
    server.stop().await;
}
