//! A client's services under tower's middleware.
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

mod common;

use common::net::Net;
use rocketmq_tower::client::InvokeError;
use rocketmq_tower::layers::OneshotLayer;
use rocketmq_tower::{
    Addr, BoxError, Processor, RemotingCommand, ResponseCode, Service, ServiceBuilder, ServiceExt,
    service_fn,
};
use rocketmq_tower_test_support::{SECOND, soon};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout};
use tower::hedge::{Hedge, Policy};
use tower::timeout::error::Elapsed;

const MILLISECOND: Duration = Duration::from_millis(1);

/// Takes as many milliseconds as the body says, and responds with the number of concurrent calls.
fn slow() -> impl Processor + Clone + Sync {
    let running = Arc::new(AtomicU64::new(0));
    service_fn(move |request: RemotingCommand| {
        let running = Arc::clone(&running);
        async move {
            let millis = std::str::from_utf8(request.body())?.parse()?;
            let count = running.fetch_add(1, Ordering::Relaxed) + 1;
            sleep(Duration::from_millis(millis)).await;
            running.fetch_sub(1, Ordering::Relaxed);
            let answer = RemotingCommand::response(ResponseCode::SUCCESS);
            Ok::<_, BoxError>(answer.with_body(count.to_string()))
        }
    })
}

fn request(millis: u64) -> RemotingCommand {
    RemotingCommand::request(1).with_body(millis.to_string())
}

fn to(addr: &str, millis: u64) -> (Addr, RemotingCommand) {
    (addr.into(), request(millis))
}

fn body(answer: &RemotingCommand) -> u64 {
    std::str::from_utf8(answer.body()).expect("a text").parse().expect("a number")
}

#[tokio::test(start_paused = true)]
async fn timeout_bounds_calls() {
    let net = Net::new();
    net.start("a", slow());
    let mut endpoint =
        ServiceBuilder::new().timeout(SECOND / 10).service(net.client().endpoint("a"));
    let late = soon(endpoint.ready()).await.expect("ready").call(request(200)).await;
    assert!(late.expect_err("late").is::<Elapsed>());
    let mut client = ServiceBuilder::new().timeout(SECOND / 10).service(net.client());
    let late = client.ready().await.expect("ready").call(to("a", 200)).await;
    assert!(late.expect_err("late").is::<Elapsed>());
    net.set_silent("b", true);
    let late = client.ready().await.expect("ready").call(to("b", 0)).await;
    assert!(late.expect_err("late").is::<Elapsed>(), "connecting is part of the call");
}

/// Readiness is bounded where it is part of the call: in a buffer, or per request.
#[tokio::test(start_paused = true)]
async fn timeout_bounds_readiness_inside_of_the_call() {
    let net = Net::new();
    let client = net.builder().backoff(SECOND / 10, SECOND / 2).build();
    let endpoint = client.endpoint("a");
    let mut plain = ServiceBuilder::new().timeout(SECOND).service(endpoint.clone());
    timeout(5 * SECOND, plain.ready()).await.expect_err("tower's timeout is for calls");
    let mut buffer = ServiceBuilder::new().timeout(SECOND).buffer(4).service(endpoint.clone());
    let late = buffer.ready().await.expect("ready").call(request(0)).await;
    assert!(late.expect_err("late").is::<Elapsed>());
    let oneshot = ServiceBuilder::new().timeout(SECOND).layer(OneshotLayer::new());
    let mut oneshot = oneshot.service(endpoint);
    let late = oneshot.ready().await.expect("ready").call(request(0)).await;
    assert!(late.expect_err("late").is::<Elapsed>());
    net.start("a", slow());
    let answer = oneshot.ready().await.expect("ready").call(request(0));
    assert_eq!(body(&soon(answer).await.expect("answered")), 1);
}

#[tokio::test(start_paused = true)]
async fn buffer_shares_one_service() {
    let net = Net::new();
    let client = net.client();
    let endpoint = ServiceBuilder::new().buffer(64).service(client.endpoint("a"));
    let (calls, start) = (32, Instant::now());
    let calls: Vec<_> =
        (0..calls).map(|_| tokio::spawn(endpoint.clone().oneshot(request(100)))).collect();
    sleep(SECOND / 20).await;
    net.start("a", slow());
    let mut most = 0;
    for call in calls {
        most = most.max(body(&soon(call).await.expect("no panic").expect("answered")));
    }
    assert_eq!((most, net.connections("a")), (32, 1), "all wait for the connection, and then run");
    assert!(start.elapsed() < 250 * MILLISECOND, "{:?}", start.elapsed());
    let client = ServiceBuilder::new().buffer(64).service(client);
    soon(client.oneshot(to("a", 1))).await.expect("answered");
    assert_eq!(net.connections("a"), 1, "it is the same client's");
}

#[tokio::test(start_paused = true)]
async fn concurrency_limits_hold_calls_back() {
    let net = Net::new();
    net.start("a", slow());
    let client = net.client();
    let endpoint = ServiceBuilder::new().concurrency_limit(2).service(client.endpoint("a"));
    let each = ServiceBuilder::new().concurrency_limit(2).service(client);
    let start = Instant::now();
    let calls: Vec<_> = (0..6)
        .map(|_| tokio::spawn(endpoint.clone().oneshot(request(100))))
        .chain((0..6).map(|_| tokio::spawn(each.clone().oneshot(to("a", 100)))))
        .collect();
    for call in calls {
        let running = body(&soon(call).await.expect("no panic").expect("answered"));
        assert!(running <= 4, "{running}");
    }
    let took = start.elapsed();
    assert!(took >= SECOND * 3 / 10 && took < SECOND * 4 / 10, "{took:?}");
}

/// When the client is full or has no server, no call waits.
#[tokio::test(start_paused = true)]
async fn load_shed_refuses_while_there_is_no_connection() {
    let net = Net::new();
    let mut endpoint = ServiceBuilder::new().load_shed().service(net.client().endpoint("a"));
    let mut call = async || endpoint.ready().await.expect("ready").call(request(0)).await;
    call().await.expect_err("it connects");
    sleep(SECOND).await;
    call().await.expect_err("it waits to connect again");
    net.start("a", slow());
    // An unused endpoint is not polled: its state advances at calls.
    soon(async {
        while call().await.is_err() {
            sleep(SECOND / 10).await;
        }
    })
    .await;
    call().await.expect("answered");
}

#[derive(Clone)]
struct Always;

impl<R: Clone> Policy<R> for Always {
    fn clone_request(&self, request: &R) -> Option<R> {
        Some(request.clone())
    }

    fn can_retry(&self, _: &R) -> bool {
        true
    }
}

/// A call that takes much longer than others is made a second time.
#[tokio::test(start_paused = true)]
async fn hedge_repeats_slow_calls() {
    let net = Net::new();
    let turn = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&turn);
    net.start(
        "a",
        service_fn(move |_| {
            let turn = count.fetch_add(1, Ordering::Relaxed);
            async move {
                sleep(if turn == 20 { 2 * SECOND } else { 10 * MILLISECOND }).await;
                let answer = RemotingCommand::response(ResponseCode::SUCCESS);
                Ok::<_, BoxError>(answer.with_body(turn.to_string()))
            }
        }),
    );
    let client = net.client();
    let mut endpoint = Hedge::new(client.endpoint("a"), Always, 10, 0.9, 10 * SECOND);
    let mut answered = Vec::new();
    for turn in 0..22 {
        if turn == 20 {
            // It uses the latencies of the last 10 seconds.
            sleep(10 * SECOND).await;
        }
        let start = Instant::now();
        let answer = soon(endpoint.ready()).await.expect("ready").call(request(0));
        answered.push(body(&soon(answer).await.expect("answered")));
        assert!(start.elapsed() < SECOND / 10, "{answered:?} {:?}", start.elapsed());
    }
    assert_eq!(answered[19..], [19, 21, 22], "the slow one was asked again");
    assert_eq!((net.connections("a"), client.calls()), (1, 0), "and given up");

    let mut client = Hedge::new(client, Always, 10, 0.9, 60 * SECOND);
    let answer = client.ready().await.expect("ready").call(to("a", 0));
    soon(answer).await.expect("answered");
}

/// It is always ready; each call waits within its own timeout.
#[tokio::test(start_paused = true)]
async fn the_client_waits_within_calls() {
    let net = Net::new();
    net.start("a", slow());
    let mut client = net.builder().max_calls(1).call_timeout(SECOND).build();
    let start = Instant::now();
    let mut calls = Vec::new();
    for _ in 0..3 {
        calls.push(tokio::spawn(client.ready().await.expect("ready").call(to("a", 400))));
    }
    let mut outcomes = Vec::new();
    for call in calls {
        outcomes.push(soon(call).await.expect("no panic").map(|answer| body(&answer)));
    }
    assert!(matches!(outcomes[..], [Ok(1), Ok(1), Err(InvokeError::Timeout { .. })]));
    assert!(start.elapsed() - SECOND < SECOND / 100, "{:?}", start.elapsed());
}
