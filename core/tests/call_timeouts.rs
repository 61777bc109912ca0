//! The timer that the calls of a connection share.
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

mod common;

use common::{Running, start, start_with};
use rocketmq_tower_core::channel::CallStage;
use rocketmq_tower_core::driver::{ConnectionConfig, Driver};
use rocketmq_tower_core::{CallError, Channel, ChannelInfo, Connection};
use rocketmq_tower_test_support::{SECOND, answer, echo, request};
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};
use tokio_test::{assert_pending, task};
use tower::service_fn;

/// Makes a call that nobody answers. Returns how long it took.
async fn in_vain(channel: &Channel, limit: Duration) -> Duration {
    let started = Instant::now();
    match channel.invoke(request(1, 1), limit).await {
        Err(CallError::Timeout { timeout, stage: CallStage::Answer }) => assert_eq!(timeout, limit),
        other => panic!("{other:?}"),
    }
    started.elapsed()
}

#[tokio::test(start_paused = true)]
async fn each_call_ends_at_its_own_deadline() {
    let mut config = ConnectionConfig::server();
    config.max_calls = 1000;
    let Running { peer: _peer, channel, .. } = start_with(service_fn(echo), config, 1 << 20);
    let mut calls = JoinSet::new();
    for number in 0..500 {
        // In no order, each time twice.
        let limit = Duration::from_millis(1 + number * 77 % 250);
        let channel = channel.clone();
        calls.spawn(async move { (in_vain(&channel, limit).await, limit) });
    }
    while let Some(call) = calls.join_next().await {
        let (took, limit) = call.expect("no panic");
        assert_eq!(took, limit);
    }
}

/// The object of an answered call is used again, and its old place in the order of deadlines with it.
#[tokio::test(start_paused = true)]
async fn an_earlier_call_moves_no_deadline() {
    let Running { mut peer, channel, .. } = start(service_fn(echo));
    for (before, limit) in [(10, 1), (1, 10), (10, 10), (3, 2), (2, 3)] {
        let (before, limit) = (before * SECOND, limit * SECOND);
        let (answered, ()) = tokio::join!(channel.invoke(request(1, 1), before), async {
            let asked = peer.receive().await;
            peer.send(&answer(asked.opaque())).await;
        });
        answered.expect("an answer");
        sleep(SECOND / 2).await;
        assert_eq!(in_vain(&channel, limit).await, limit);
        peer.receive().await;
    }
}

#[tokio::test(start_paused = true)]
async fn the_end_of_a_call_does_not_depend_on_the_drivers_task() {
    let (_peer, theirs) = tokio::io::duplex(1024);
    let connection = Connection::new(theirs, ChannelInfo::default());
    // It runs until both calls are sent, and never again.
    let mut driver =
        task::spawn(Driver::client(connection, service_fn(echo), ConnectionConfig::client()));
    let channel = driver.enter(|_, driver| driver.channel().clone());
    let (first, second, ()) =
        tokio::join!(in_vain(&channel, SECOND), in_vain(&channel, 2 * SECOND), async {
            assert_pending!(driver.poll());
        });
    assert_eq!((first, second), (SECOND, 2 * SECOND));
    assert_eq!(in_vain(&channel, SECOND).await, SECOND, "not even sent");
    assert_eq!(channel.calls(), 3, "until the driver runs");
    assert_pending!(driver.poll());
    assert_eq!(channel.calls(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_dropped_call_takes_no_other_one_along() {
    let Running { peer: _peer, channel, .. } = start(service_fn(echo));
    let mut dropped = task::spawn(in_vain(&channel, SECOND));
    assert_pending!(dropped.poll());
    let mut kept = task::spawn(in_vain(&channel, 2 * SECOND));
    assert_pending!(kept.poll());
    drop(dropped);
    let mut asleep = task::spawn(in_vain(&channel, 2 * SECOND));
    assert_pending!(asleep.poll());
    // Is not polled at its deadline, and so ends when it is polled.
    assert_eq!(kept.await, 2 * SECOND);
    sleep(SECOND).await;
    assert!(asleep.is_woken());
    assert_eq!(asleep.await, 3 * SECOND);
}

fn paused() -> Runtime {
    Builder::new_current_thread().enable_time().start_paused(true).build().expect("a runtime")
}

/// The timer runs in the runtime of the first call. When that runtime does not run, or is gone, calls
/// from others still end.
#[test]
fn calls_from_other_runtimes_end_in_time() {
    let (first, second) = (paused(), paused());
    let (_peer, theirs) = tokio::io::duplex(1024);
    let connection = Connection::new(theirs, ChannelInfo::default());
    let driver = {
        let _in_first = first.enter();
        Driver::client(connection, service_fn(echo), ConnectionConfig::client())
    };
    let channel = driver.channel().clone();
    let mut waiting = task::spawn(in_vain(&channel, SECOND));
    first.block_on(async {
        assert_eq!(in_vain(&channel, SECOND).await, SECOND);
        assert_pending!(waiting.poll());
    });
    second.block_on(async { assert_eq!(in_vain(&channel, 2 * SECOND).await, 2 * SECOND) });
    first.block_on(async { assert_eq!(waiting.await, SECOND) });

    let mut abandoned = task::spawn(in_vain(&channel, SECOND));
    first.block_on(async { assert_pending!(abandoned.poll()) });
    drop(abandoned);
    drop(first);
    second.block_on(async { assert_eq!(in_vain(&channel, SECOND).await, SECOND) });
    drop(driver);
}

/// Answers, deadlines and dropped calls meet at any moment, on several threads.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_call_gets_the_answer_of_another() {
    let (ours, theirs) = tokio::io::duplex(1 << 16);
    let [server, client] = [ours, theirs].map(|io| Connection::new(io, ChannelInfo::default()));
    tokio::spawn(Driver::server(server, service_fn(echo), ConnectionConfig::server()));
    let driver = Driver::client(client, service_fn(echo), ConnectionConfig::client());
    let channel = driver.channel().clone();
    tokio::spawn(driver);
    let mut callers = JoinSet::new();
    for caller in 0..16_u32 {
        let channel = channel.clone();
        callers.spawn(async move {
            let mut answered = 0;
            for call in 0..1000_u32 {
                let body = [caller, call].map(u32::to_be_bytes).concat();
                let request = request(1, 1).with_body(body.clone());
                let limit = Duration::from_micros(u64::from(call * 7919 % 2000));
                let called = channel.invoke(request, limit);
                let result = match call % 5 {
                    0 => tokio::time::timeout(limit / 2, called).await.ok(),
                    _ => Some(called.await),
                };
                match result {
                    Some(Ok(answer)) => {
                        assert_eq!(*answer.body(), body);
                        answered += 1;
                    }
                    Some(Err(CallError::Timeout { .. })) | None => {}
                    Some(Err(error)) => panic!("{error}"),
                }
            }
            answered
        });
    }
    let answered: u32 = callers.join_all().await.into_iter().sum();
    assert!(answered > 0);
    let last = channel.invoke(request(1, 1), 10 * SECOND).await;
    last.expect("the connection is open");
    assert_eq!(channel.calls(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_reserved_call_ends_at_its_deadline_and_gives_its_place_back() {
    let mut config = ConnectionConfig::server();
    config.max_calls = 1;
    let Running { mut peer, channel, .. } = start_with(service_fn(echo), config, 1 << 20);
    let permit = channel.try_reserve().expect("a free place");
    assert_eq!(permit.channel(), &channel);
    assert!(matches!(channel.try_reserve(), Err(CallError::Full)));
    drop(permit);

    let started = Instant::now();
    let call = channel.try_reserve().expect("a free place").invoke(request(1, 1), SECOND);
    peer.receive().await;
    assert!(matches!(channel.try_reserve(), Err(CallError::Full)));
    let error = call.await.expect_err("no answer");
    assert!(matches!(error, CallError::Timeout { timeout: SECOND, stage: CallStage::Answer }));
    assert_eq!(started.elapsed(), SECOND);

    let call = channel.invoke(request(1, 1), SECOND);
    let (answered, ()) = tokio::join!(call, async {
        let asked = peer.receive().await;
        peer.send(&answer(asked.opaque())).await;
    });
    answered.expect("an answer");
    channel.close("test");
    channel.closed().await;
    assert!(matches!(channel.try_reserve(), Err(CallError::NotSent(_))));
}
