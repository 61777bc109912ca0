//! The connections of a `Client`: to which addresses, how many, and which events they cause.
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

mod common;

use common::net::{Net, named};
use rocketmq_tower::client::{Client, ConnectError, InvokeError};
use rocketmq_tower::layers::EventsLayer;
use rocketmq_tower::{Addr, RemotingCommand};
use rocketmq_tower_test_support::{SECOND, request, soon};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::time::{Instant, sleep};

#[tokio::test(start_paused = true)]
async fn each_address_as_it_is_written_has_a_connection() {
    let net = Net::new();
    let (ip, name) = ("127.0.0.1:10911", "localhost:10911");
    net.start(ip, named("ip"));
    net.start(name, named("name"));
    let client = net.client();
    let parsed: SocketAddr = ip.parse().expect("an address");
    for addr in [Addr::from(ip), Addr::from(parsed), Addr::from(name), Addr::from(name)] {
        client.invoke(addr, request(1, 1), SECOND).await.expect("answered");
    }
    assert_eq!((net.connections(ip), net.connections(name), client.connection_count()), (1, 1, 2));
}

#[tokio::test(start_paused = true)]
async fn by_default_there_are_10_000_connections_at_most() {
    let net = Net::new();
    let client = net.client();
    for number in 0..10_000 {
        let addr = number.to_string();
        net.set_silent(&addr, true);
        let error = client.connect(addr, Duration::ZERO).await.expect_err("it is silent");
        assert!(matches!(error, InvokeError::Timeout { .. }), "{error:?}");
    }
    let error = client.connect("one more", SECOND).await.expect_err("one too many");
    assert!(matches!(error, InvokeError::TooManyConnections { limit: 10_000 }), "{error:?}");
}

#[tokio::test(start_paused = true)]
async fn by_default_a_transport_has_15_s() {
    let net = Net::new();
    net.set_silent("a:1", true);
    let start = Instant::now();
    let error = soon(net.client().connect("a:1", 60 * SECOND)).await.expect_err("it is silent");
    let InvokeError::Connect { source, .. } = error else { panic!("{error:?}") };
    assert!(matches!(*source, ConnectError::TransportTimeout(_)), "{source:?}");
    assert_eq!(start.elapsed(), 15 * SECOND);
}

/// Fills the client with waiting calls or oneway requests, to several addresses in turn.
async fn fill(client: &Client, request: &RemotingCommand) {
    for number in 0..65_535 {
        let addr = ["a:1", "b:1"][number % 2];
        let (client, request) = (client.clone(), request.clone());
        tokio::spawn(async move { client.invoke(addr, request, 10 * SECOND).await });
    }
    // After this all of them wait.
    sleep(SECOND / 1000).await;
}

#[tokio::test(start_paused = true)]
async fn by_default_there_are_65_535_calls_and_oneway_requests_at_most() {
    let net = Net::new();
    for addr in ["a:1", "b:1"] {
        net.set_silent(addr, true);
    }
    let client = net.client();
    let kinds = [request(1, 1), request(1, 1).oneway()];
    for (full, kind) in (1..).zip(kinds) {
        fill(&client, &kind).await;
        assert_eq!(client.calls(), full * 65_535);
        let error = client.invoke("c:1", kind, Duration::ZERO).await.expect_err("one too many");
        assert!(matches!(error, InvokeError::TooManyCalls { limit: 65_535 }), "{error:?}");
    }
    soon(client.shutdown(SECOND)).await;
}

/// Events are about connections, and these attempts never became one.
#[tokio::test(start_paused = true)]
async fn attempts_that_fail_are_no_events() {
    let net = Net::new();
    let (events, mut told) = EventsLayer::stream(8);
    let client = Client::builder().connector(net.connector().events(events)).build();
    client.invoke("a:1", request(1, 1), SECOND).await.expect_err("nobody there");
    net.start("a:1", named("a"));
    for _ in 0..2 {
        client.invoke("a:1", request(1, 1), SECOND).await.expect("answered");
    }
    client.disconnect("a:1");
    for name in ["CONNECTED", "DISCONNECTED"] {
        assert_eq!(soon(told.recv()).await.expect("an event").name(), name);
    }
    drop(client);
    sleep(SECOND).await;
    assert!(told.recv().await.is_none(), "no more of them");
}

#[tokio::test(start_paused = true)]
async fn one_may_connect_without_a_call() {
    let net = Net::new();
    net.start("a:1", named("a"));
    let client = net.client();
    let channel = client.connect("a:1", SECOND).await.expect("reachable");
    assert_eq!(*channel.peer_addr(), Addr::from("a:1"));
    client.invoke("a:1", request(1, 1), SECOND).await.expect("answered");
    let theirs = net.open("a:1");
    assert_eq!(theirs.len(), 1, "calls use it");
    channel.close("enough");
    sleep(SECOND).await;
    assert!(theirs[0].is_closed());

    let start = Instant::now();
    let error = client.connect("b:1", SECOND).await.expect_err("nobody there");
    let InvokeError::Connect { source, .. } = error else { panic!("{error:?}") };
    assert!(matches!(*source, ConnectError::Transport(_)), "{source:?}");
    net.set_silent("b:1", true);
    let error = client.connect("b:1", SECOND).await.expect_err("nobody answers");
    assert!(matches!(error, InvokeError::Timeout { .. }), "{error:?}");
    assert_eq!(start.elapsed(), SECOND);
}
