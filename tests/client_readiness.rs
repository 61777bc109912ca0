//! Checks when the service of one address becomes ready.
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

mod common;

use common::net::{Net, named};
use rocketmq_tower::client::{Endpoint, InvokeError};
use rocketmq_tower::{RemotingCommand, Service, ServiceExt, service_fn};
use rocketmq_tower_test_support::{SECOND, echo, soon};
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout};
use tower::util::BoxService;

const MILLISECOND: Duration = Duration::from_millis(1);

/// Returns when connections to `a` were attempted, in milliseconds since `start`.
fn dials(net: &Net, start: Instant) -> Vec<u128> {
    let dials = net.dials("a").into_iter().filter(|at| *at >= start);
    // Timers are late by up to a millisecond.
    dials.map(|at| (at - start).as_millis() / 10 * 10).collect()
}

async fn call(endpoint: &mut Endpoint) -> Result<RemotingCommand, InvokeError> {
    soon(endpoint.ready()).await?.call(RemotingCommand::request(1)).await
}

#[tokio::test(start_paused = true)]
async fn readiness_waits_with_back_off() {
    let net = Net::new();
    let mut endpoint = net.client().endpoint("a");
    let start = Instant::now();
    timeout(5 * SECOND, endpoint.ready()).await.expect_err("nobody is there");
    assert_eq!(dials(&net, start), [0, 100, 300, 700, 1500, 3100]);
    net.start("a", named("a"));
    soon(endpoint.ready()).await.expect("ready");
    assert_eq!(dials(&net, start)[6..], [6300]);
    call(&mut endpoint).await.expect("answered");

    // The first attempt after a success is made at once, and the back-off starts over.
    net.kill("a").await;
    sleep(SECOND).await;
    let start = Instant::now();
    timeout(SECOND, endpoint.ready()).await.expect_err("nobody is there");
    assert_eq!(dials(&net, start), [0, 100, 300, 700]);
}

#[tokio::test(start_paused = true)]
async fn back_off_has_a_bound() {
    let net = Net::new();
    let client = net.builder().backoff(SECOND / 10, SECOND / 4).build();
    let start = Instant::now();
    timeout(SECOND, client.endpoint("a").ready()).await.expect_err("nobody is there");
    assert_eq!(dials(&net, start), [0, 100, 300, 550, 800]);

    let net = Net::new();
    let start = Instant::now();
    timeout(600 * SECOND, net.client().endpoint("a").ready()).await.expect_err("nobody is there");
    let dials = net.dials("a");
    let last = dials.windows(2).last().map(|pair| (pair[1] - pair[0]).as_secs());
    assert_eq!(last, Some(60), "{:?}", dials.last().map(|last| *last - start));
}

/// Many callers, such as the clones that `Retry` makes, do not dial more often than one.
#[tokio::test(start_paused = true)]
async fn clones_share_the_back_off() {
    let net = Net::new();
    let endpoint = net.client().endpoint("a");
    let start = Instant::now();
    let waiting: Vec<_> = (0..50)
        .map(|turn| {
            let mut endpoint = endpoint.clone();
            tokio::spawn(async move {
                sleep(turn * 7 * MILLISECOND).await;
                call(&mut endpoint).await
            })
        })
        .collect();
    sleep(SECOND).await;
    assert_eq!(dials(&net, start), [0, 100, 300, 700]);
    net.start("a", named("a"));
    for call in waiting {
        soon(call).await.expect("no panic").expect("answered");
    }
    assert_eq!((dials(&net, start).len(), net.connections("a")), (5, 1));
}

/// A call resets the back-off, a connection does not: otherwise such a server would be dialed in a
/// loop.
#[tokio::test(start_paused = true)]
async fn a_server_that_closes_connections_at_once_is_left_alone_for_a_while() {
    let net = Net::new();
    net.start_stack("a", || BoxService::new(service_fn(|_| async { Err("closed".into()) })));
    let mut endpoint = net.client().endpoint("a");
    let start = Instant::now();
    timeout(SECOND, async {
        loop {
            // It may be ready for a moment, until the end of the connection is noticed.
            endpoint.ready().await.expect("ready or waiting");
            sleep(MILLISECOND).await;
        }
    })
    .await
    .expect_err("in vain");
    assert_eq!(dials(&net, start), [0, 100, 300, 700]);
}

/// A connection closes, or either side drains it.
#[tokio::test(start_paused = true)]
async fn readiness_moves_to_a_new_connection() {
    let net = Net::new();
    net.start("a", named("a"));
    let client = net.client();
    let mut endpoint = client.endpoint("a");
    call(&mut endpoint).await.expect("answered");
    let start = Instant::now();
    for round in 0..5 {
        soon(endpoint.ready()).await.expect("ready");
        let ours = client.connect("a", SECOND).await.expect("open");
        let theirs = net.open("a").pop().expect("open");
        match round {
            0 => theirs.close("go"),
            1 => theirs.drain(),
            2 => ours.close("go"),
            3 => ours.drain(),
            _ => client.disconnect("a"),
        }
        // The connection's tasks need a moment to notice.
        sleep(MILLISECOND).await;
        call(&mut endpoint).await.expect("answered");
        assert_eq!(net.connections("a"), round + 2);
    }
    assert!(start.elapsed() < SECOND / 10, "without waiting");
}

/// Readiness reserves only the connection, so it takes nothing from other callers.
#[tokio::test(start_paused = true)]
async fn clones_share_the_connection() {
    let net = Net::new();
    net.start("a", named("a"));
    let client = net.builder().max_calls(1).build();
    let mut clones = vec![client.endpoint("a"); 3];
    for endpoint in &mut clones {
        soon(endpoint.ready()).await.expect("ready");
    }
    for endpoint in &mut clones {
        call(endpoint).await.expect("answered");
    }
    assert_eq!((net.connections("a"), client.calls()), (1, 0));
}

/// Readiness keeps waiting through failed attempts, and fails once no attempt can succeed any more.
#[tokio::test(start_paused = true)]
async fn readiness_fails_when_the_client_is_shut_down() {
    let net = Net::new();
    let client = net.client();
    let mut endpoint = client.endpoint("a");
    timeout(SECOND, endpoint.ready()).await.expect_err("nobody is there");
    client.shutdown(SECOND).await;
    let error = soon(endpoint.ready()).await.expect_err("never again");
    assert!(matches!(error, InvokeError::ShutDown), "{error:?}");
}

/// Whatever the transport does, another attempt is made eventually.
#[tokio::test(start_paused = true)]
async fn a_silent_server_is_dialled_again() {
    let net = Net::new();
    net.start("a", service_fn(echo));
    net.set_silent("a", true);
    let client = net.builder().dial_timeout(SECOND).build();
    let mut endpoint = client.endpoint("a");
    let start = Instant::now();
    timeout(3 * SECOND, endpoint.ready()).await.expect_err("it is silent");
    assert_eq!(dials(&net, start), [0, 1100, 2300]);
    net.set_silent("a", false);
    call(&mut endpoint).await.expect("answered");
    assert_eq!(dials(&net, start)[3..], [3700]);
}
