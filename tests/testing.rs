//! Servers and clients in memory, and the layers of a client's connections.
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

use rocketmq_tower::client::{Client, Connector};
use rocketmq_tower::driver::{ConnectionConfig, DriverService};
use rocketmq_tower::layers::{ConnectionLimitLayer, RecoverLayer};
use rocketmq_tower::testing::{MemoryTransport, memory, pair};
use rocketmq_tower::{
    CallError, CloseReason, Connection, RemotingCommand, ResponseCode, Router, Server, service_fn,
};
use rocketmq_tower_test_support::{Raw, SECOND, echo, request, sleeper, soon};
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::DuplexStream;
use tokio::time::Instant;
use tower::timeout::TimeoutLayer;
use tower::util::{MapFutureLayer, MapRequestLayer};

#[tokio::test(start_paused = true)]
async fn a_server_with_one_client() {
    let (channel, server) = pair(Server::new(service_fn(echo)));
    let call = request(1, 5).with_body("hello");
    let answer = channel.invoke(call, SECOND).await.expect("answered");
    assert_eq!(answer.body(), "hello");
    assert_eq!(server.connections().len(), 1);
    drop(channel);
    assert_eq!(soon(server.shutdown()).await.expect("no failure").accepted, 1);
}

#[tokio::test(start_paused = true)]
async fn a_stack_that_was_built_by_hand() {
    let config = ConnectionConfig::server();
    let driver = DriverService::server(RecoverLayer::new(), Router::default(), config);
    let (channel, _server) = pair(driver);
    let answer = channel.invoke(request(1, 5), SECOND).await.expect("answered");
    assert_eq!(answer.response_code(), ResponseCode::REQUEST_CODE_NOT_SUPPORTED);
}

/// Hours pass at once.
#[tokio::test(start_paused = true)]
async fn time_can_be_paused() {
    let server = Server::new(service_fn(sleeper)).idle_timeout(None);
    let (channel, _server) = pair(server.layer(TimeoutLayer::new(7200 * SECOND)));
    let started = Instant::now();
    let answer = channel.invoke(request(3600, 0), 9000 * SECOND).await;
    // The client's own idle timeout is 100 s, and then a drain waits for the response for 30 s.
    assert!(matches!(answer, Err(CallError::Closed(_))), "{answer:?}");
    assert_eq!(started.elapsed(), 130 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn the_server_may_call_the_client() {
    let (listener, transport) = memory();
    let server = Server::new(service_fn(echo)).listen(listener).spawn();
    let (io, info) = transport.dial().await.expect("accepted");
    let channel = Connector::new().service(service_fn(echo)).run(io, info);
    channel.invoke(request(1, 1), SECOND).await.expect("answered");
    let client = server.connections().channels().pop().expect("one");
    let answer = client.invoke(request(2, 2).with_body("back"), SECOND).await.expect("answered");
    assert_eq!(answer.body(), "back");
}

#[tokio::test(start_paused = true)]
async fn addresses_and_refusals() {
    let (listener, transport) = memory();
    let limit = ConnectionLimitLayer::new(10).per_ip(1).refuse();
    let server = Server::new(service_fn(echo)).connection_limit(limit).listen(listener).spawn();
    assert_eq!(server.local_addr().to_string(), "memory");
    let raw = async |transport: &MemoryTransport| {
        Raw::new(transport.dial().await.expect("there is a listener").0)
    };
    let mut first = raw(&transport).await;
    first.call(&request(1, 1)).await;
    assert!(raw(&transport).await.next_or_end().await.is_none(), "one for each address");
    let other = transport.clone().ip([10, 0, 0, 1]);
    let mut second = raw(&other).await;
    second.call(&request(1, 1)).await;
    let mut peers: Vec<_> =
        server.connections().channels().iter().map(|c| c.peer_addr().to_string()).collect();
    peers.sort();
    assert_eq!(peers, ["10.0.0.1:49154", "127.0.0.1:49152"]);
    drop((first, second));
    server.shutdown().await.expect("no failure");
    transport.connect().await.expect_err("the listener is gone");
}

#[tokio::test(start_paused = true)]
async fn at_most_128_connections_wait() {
    let (listener, transport) = memory();
    let mut queued = Vec::new();
    while let Ok(dialed) = tokio::time::timeout(SECOND, transport.dial()).await {
        queued.push(dialed.expect("there is a listener"));
        assert!(queued.len() <= 128);
    }
    assert_eq!(queued.len(), 128);
    drop(listener);
    transport.dial().await.expect_err("refused");
}

/// As those of sockets do.
#[tokio::test(start_paused = true)]
async fn connections_that_wait_at_the_end_are_sent_away() {
    let (listener, transport) = memory();
    let mut waiting = Raw::new(transport.dial().await.expect("there is a listener").0);
    waiting.send(&request(1, 1)).await;
    let server = Server::new(service_fn(echo)).listen(listener).spawn();
    let away = async {
        let answer = waiting.next().await.expect("answered");
        drop(waiting);
        answer.response_code()
    };
    // The shutdown begins before the server's task first runs.
    let (ended, code) = soon(async { tokio::join!(server.shutdown(), away) }).await;
    assert_eq!((ended.expect("no failure").accepted, code), (1, ResponseCode::GO_AWAY));
}

#[tokio::test(start_paused = true)]
async fn layers_of_a_clients_connections() {
    let (listener, transport) = memory();
    let _server = Server::new(service_fn(sleeper)).listen(listener).spawn();
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    let counting = MapRequestLayer::new(move |connection: Connection<DuplexStream>| {
        counted.fetch_add(1, Ordering::Relaxed);
        connection
    });
    let connector = Connector::new()
        .transport(transport.clone())
        .connection_layer(counting)
        .connection_layer(TimeoutLayer::new(10 * SECOND));

    // One connection: the timeout is its maximum age.
    let (io, info) = transport.dial().await.expect("accepted");
    let channel = connector.run(io, info);
    channel.invoke(request(0, 0), SECOND).await.expect("answered");
    let started = Instant::now();
    let failed = channel.invoke(request(60, 0), 60 * SECOND).await;
    assert!(matches!(failed, Err(CallError::Closed(CloseReason::Aborted))), "{failed:?}");
    assert_eq!(started.elapsed(), 10 * SECOND);
    assert!(channel.is_closed());

    // The pool makes a new one when the old one is gone.
    let client = Client::builder().connector(connector).build();
    for connections in [2, 3] {
        let answer = client.invoke("any", request(0, 0), SECOND).await.expect("answered");
        assert_eq!(answer.response_code(), ResponseCode::SUCCESS);
        assert_eq!(count.load(Ordering::Relaxed), connections);
        tokio::time::sleep(11 * SECOND).await;
        assert_eq!(client.connection_count(), 0, "the connection has left the pool");
    }
}

async fn later<F: Future>(lifetime: F) -> F::Output {
    tokio::time::sleep(SECOND).await;
    lifetime.await
}

#[tokio::test]
async fn calls_are_taken_from_the_start() {
    let (listener, transport) = memory();
    let _server = Server::new(service_fn(echo)).listen(listener).spawn();
    let (io, info) = transport.dial().await.expect("accepted");
    let channel = Connector::new().run(io, info);
    channel.try_invoke_oneway(RemotingCommand::request(1)).expect("a permit is free");
}

/// A layer may wait: calls wait with it.
#[tokio::test(start_paused = true)]
async fn calls_wait_for_the_layers() {
    let (listener, transport) = memory();
    let _server = Server::new(service_fn(echo)).listen(listener).spawn();
    let (io, info) = transport.dial().await.expect("accepted");
    let channel = Connector::new().connection_layer(MapFutureLayer::new(later)).run(io, info);
    let started = Instant::now();
    channel.invoke(RemotingCommand::request(1), 3 * SECOND).await.expect("answered");
    assert_eq!(started.elapsed(), SECOND);
}
