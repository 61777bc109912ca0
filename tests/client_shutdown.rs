//! Shutdown of a client.
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

mod common;

use common::net::{Net, named};
use rocketmq_tower::client::{Client, InvokeError};
use rocketmq_tower::{BoxError, RemotingCommand, service_fn};
use rocketmq_tower_test_support::SECOND;
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

/// Starts a call to a server that takes a second to connect to, and waits half of it.
async fn connecting(net: &Net) -> (Client, JoinHandle<Result<RemotingCommand, InvokeError>>) {
    net.start("a", named("a"));
    net.set_delay("a", SECOND);
    let client = net.client();
    let caller = client.clone();
    let call =
        tokio::spawn(
            async move { caller.invoke("a", RemotingCommand::request(1), 3 * SECOND).await },
        );
    sleep(SECOND / 2).await;
    (client, call)
}

#[tokio::test(start_paused = true)]
async fn shutting_down_waits_for_calls_that_connect() {
    let net = Net::new();
    let (client, call) = connecting(&net).await;
    let start = Instant::now();
    client.shutdown(10 * SECOND).await;
    assert!(start.elapsed() >= SECOND / 2 && start.elapsed() < SECOND, "{:?}", start.elapsed());
    call.await.expect("no panic").expect("answered");
    sleep(SECOND).await;
    assert!(net.open("a").is_empty());
}

#[tokio::test(start_paused = true)]
async fn shutting_down_cuts_calls_that_connect_for_too_long() {
    let net = Net::new();
    let (client, call) = connecting(&net).await;
    client.shutdown(Duration::from_millis(100)).await;
    let error = call.await.expect("no panic").expect_err("too late");
    assert!(matches!(error, InvokeError::ShutDown), "{error:?}");
    sleep(SECOND).await;
    assert!(net.open("a").is_empty());
}

/// These calls are on a retired connection.
#[tokio::test(start_paused = true)]
async fn shutting_down_cuts_calls_on_retired_connections() {
    let net = Net::new();
    let stuck = service_fn(|_| std::future::pending::<Result<RemotingCommand, BoxError>>());
    net.start("a", stuck);
    let client = net.client();
    let calls = [SECOND, 100 * SECOND].map(|timeout| {
        let client = client.clone();
        tokio::spawn(async move { client.invoke("a", RemotingCommand::request(1), timeout).await })
    });
    // The first call received nothing, and so retired the connection that both share.
    sleep(2 * SECOND).await;
    let start = Instant::now();
    client.shutdown(SECOND).await;
    assert_eq!(start.elapsed(), SECOND);
    let [first, second] = calls;
    let error = first.await.expect("no panic").expect_err("timed out");
    assert!(matches!(error, InvokeError::Timeout { .. }), "{error:?}");
    let error = second.await.expect("no panic").expect_err("cut");
    assert!(matches!(error, InvokeError::Closed { .. }), "{error:?}");
}

/// The call was dropped, so the shutdown completes before the connection is made.
#[tokio::test(start_paused = true)]
async fn a_late_connection_does_not_outlast_the_client() {
    let net = Net::new();
    let (client, call) = connecting(&net).await;
    call.abort();
    client.shutdown(10 * SECOND).await;
    sleep(10 * SECOND).await;
    assert_eq!((net.open("a").len(), client.connection_count()), (0, 0));
}

/// Connections that left the table in other ways: their server left a list, or the test drained
/// them.
#[tokio::test(start_paused = true)]
async fn shutting_down_cuts_calls_whatever_became_of_their_connections() {
    let net = Net::new();
    let stuck = service_fn(|_| std::future::pending::<Result<RemotingCommand, BoxError>>());
    net.start("left", stuck);
    net.start("drained", stuck);
    net.start("other", named("other"));
    let client = net.client();
    let calls = ["left", "drained"].map(|addr| {
        let client = client.clone();
        tokio::spawn(
            async move { client.invoke(addr, RemotingCommand::request(1), 100 * SECOND).await },
        )
    });
    sleep(SECOND).await;
    client.name_servers(["left"]).update(["other"]);
    // One connection is in progress at that time, and is made when its server is no longer wanted.
    net.start("late", stuck);
    net.set_delay("late", SECOND / 2);
    let late = client.clone();
    let late = tokio::spawn(async move {
        late.invoke("late", RemotingCommand::request(1), 100 * SECOND).await
    });
    sleep(SECOND / 4).await;
    client.name_servers(["late"]).update(["other"]);
    client.connect("drained", SECOND).await.expect("open").drain();
    _ = client.connect("drained", SECOND).await.expect("a fresh one");
    let start = Instant::now();
    client.shutdown(SECOND).await;
    for call in calls.into_iter().chain([late]) {
        let error = call.await.expect("no panic").expect_err("cut");
        assert!(matches!(error, InvokeError::Closed { .. }), "{error:?}");
    }
    assert_eq!(start.elapsed(), SECOND);
}
