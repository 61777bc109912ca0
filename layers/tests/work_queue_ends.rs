//! `work_queue`: requests that are abandoned or refused, panic, or lose their runtime.
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

mod common;

use common::{channel, driver, heavy, name_thread, start};
use rocketmq_tower_core::{BoxError, RemotingCommand, ResponseCode};
use rocketmq_tower_layers::spawn::Stopped;
use rocketmq_tower_layers::work_queue::ConditionPanicked;
use rocketmq_tower_layers::{RecoverLayer, WorkQueueLayer};
use rocketmq_tower_test_support::{Raw, SECOND, assert_accessors, request, sleeper, soon};
use tokio::time::{Instant, sleep};
use tokio_test::{assert_pending, task};
use tower::{Layer, Service, ServiceExt, service_fn};

const PANIC_IN_CALL: i32 = 1001;
const PANIC_IN_FUTURE: i32 = 1002;

/// Panics, or answers after a number of seconds given by the request's code.
fn panicking(
    request: RemotingCommand,
) -> impl Future<Output = Result<RemotingCommand, BoxError>> + Send {
    assert_ne!(request.code(), PANIC_IN_CALL, "a bug");
    async move {
        tokio::task::yield_now().await;
        assert_ne!(request.code(), PANIC_IN_FUTURE, "a bug");
        sleeper(request).await
    }
}

#[tokio::test(start_paused = true)]
async fn who_is_given_up_while_waiting_leaves_the_queue_at_once() {
    let layer = WorkQueueLayer::new(1).queue(2);
    let (stats, start) = (layer.stats(), Instant::now());
    let mut service = layer.layer(service_fn(sleeper));
    let [running, given_up, next] =
        [1, 100, 1].map(|code| service.call(RemotingCommand::request(code)));
    let mut given_up = task::spawn(given_up);
    assert_pending!(given_up.poll());
    drop(given_up);
    assert_eq!((stats.running(), stats.waiting()), (1, 1));
    running.await.expect("answered");
    next.await.expect("answered");
    assert_eq!(start.elapsed(), 2 * SECOND, "it never ran");
}

/// Java's queue cleaners answer oneway requests as well.
#[tokio::test(start_paused = true)]
async fn oneway_requests_that_are_refused_get_no_answer() {
    let layer = WorkQueueLayer::new(1).queue(2).max_wait(SECOND);
    let stack = RecoverLayer::new().layer(layer.layer(service_fn(sleeper)));
    let mut peer = Raw::new(start(driver(stack)).0);
    // One runs, two wait too long, and two find the queue full.
    let requests = [(100, 1, false), (1, 2, true), (1, 3, false), (1, 4, true), (1, 5, false)];
    for (code, opaque, oneway) in requests {
        let request = request(code, opaque);
        peer.send(&if oneway { request.oneway() } else { request }).await;
    }
    for (opaque, remark) in [(5, "[OVERLOAD]"), (3, "[TIMEOUT_CLEAN_QUEUE]")] {
        let answer = peer.receive().await;
        assert_eq!(answer.opaque(), opaque);
        assert!(answer.remark().is_some_and(|text| text.starts_with(remark)), "{answer:?}");
    }
    assert_eq!(layer.stats().waiting(), 0);
}

#[tokio::test(start_paused = true)]
async fn who_is_given_up_while_running_is_aborted_and_makes_room() {
    let layer = WorkQueueLayer::new(1);
    let (stats, start) = (layer.stats(), Instant::now());
    let mut service = layer.layer(service_fn(sleeper));
    let [given_up, next] = [100, 1].map(|code| service.call(RemotingCommand::request(code)));
    sleep(SECOND).await;
    drop(given_up);
    soon(next).await.expect("answered");
    assert_eq!(start.elapsed(), 2 * SECOND);
    assert_eq!((stats.running(), stats.waiting()), (0, 0));
}

/// The request has been given its slot but has not run yet.
#[tokio::test(start_paused = true)]
async fn who_is_given_up_when_its_turn_comes_passes_it_on() {
    let layer = WorkQueueLayer::new(1);
    let mut service = layer.layer(service_fn(sleeper));
    let [running, given_up, next] =
        [1, 100, 1].map(|code| service.call(RemotingCommand::request(code)));
    running.await.expect("answered");
    drop(given_up);
    soon(next).await.expect("answered");
}

#[tokio::test(start_paused = true)]
async fn a_panic_goes_on_and_makes_room() {
    let layer = WorkQueueLayer::new(1).queue(0);
    let service = layer.layer(service_fn(panicking));
    for code in [PANIC_IN_CALL, PANIC_IN_FUTURE] {
        let call = tokio::spawn(service.clone().oneshot(RemotingCommand::request(code)));
        assert!(call.await.expect_err("it goes on").is_panic());
        assert_eq!(layer.stats().running(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_panic_is_answered_like_any_other() {
    let service = WorkQueueLayer::new(1).layer(service_fn(panicking));
    let channel = channel(1, move |request| service.clone().oneshot(request));
    for (code, answer) in [(PANIC_IN_CALL, ResponseCode::SYSTEM_ERROR), (1, ResponseCode::SUCCESS)]
    {
        let answered = channel.invoke(RemotingCommand::request(code), 2 * SECOND).await;
        assert_eq!(answered.expect("answered").response_code(), answer);
    }
}

#[tokio::test(start_paused = true)]
async fn a_panic_of_the_condition_is_an_error() {
    let layer = WorkQueueLayer::new(1).reject_when(|| panic!("a bug"));
    let mut service = layer.layer(service_fn(sleeper));
    let error = service.call(RemotingCommand::request(1)).await.expect_err("panicked");
    assert_eq!(error.to_string(), "the reject condition of the work queue panicked: a bug");
    assert_eq!(error.downcast::<ConditionPanicked>().expect("a panic").message, "a bug");
    assert_eq!(layer.stats().running(), 0);
}

#[tokio::test(start_paused = true)]
async fn the_response_after_a_panic_of_the_condition_names_the_condition() {
    let layer = WorkQueueLayer::new(1).reject_when(|| panic!("a bug"));
    let service = RecoverLayer::new().layer(layer.layer(service_fn(sleeper)));
    let Ok(response) = service.oneshot(RemotingCommand::request(1)).await;
    assert_eq!(response.response_code(), ResponseCode::SYSTEM_ERROR);
    let remark = response.remark().expect("a remark");
    assert_eq!(remark, "the reject condition of the work queue panicked: a bug");
}

/// That runtime needs no timers: the timers of the queue run on the caller's.
#[tokio::test]
async fn another_runtime_runs_the_requests() {
    let runtime = heavy();
    let layer = WorkQueueLayer::new(1).on(runtime.handle().clone()).max_wait(3600 * SECOND);
    let mut service = layer.layer(service_fn(name_thread));
    let calls = [1, 2, 3].map(|code| service.call(RemotingCommand::request(code)));
    for call in calls {
        assert_eq!(call.await.expect("answered").remark(), Some("heavy"));
    }
    runtime.shutdown_background();
    for _ in 0..3 {
        let error = service.call(RemotingCommand::request(1)).await.expect_err("no runtime");
        assert!(error.is::<Stopped>(), "{error}");
    }
    assert_eq!((layer.stats().running(), layer.stats().waiting()), (0, 0));
}

#[test]
fn accessors() {
    assert_accessors!(WorkQueueLayer::new(1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_slot_is_lost_when_many_come_and_go_on_many_threads() {
    let layer = WorkQueueLayer::new(3).queue(20);
    let service = layer.layer(service_fn(|request: RemotingCommand| async move {
        for _ in 0..request.code() {
            tokio::task::yield_now().await;
        }
        Ok::<_, BoxError>(RemotingCommand::response(ResponseCode::SUCCESS))
    }));
    let callers = (0..40).map(|caller| {
        let mut service = service.clone();
        tokio::spawn(async move {
            for code in 0..500 {
                let call = service.call(RemotingCommand::request((code + caller) % 7));
                if code % 3 == 0 {
                    _ = task::spawn(call).poll();
                } else {
                    // An error means that the queue is full.
                    _ = call.await;
                }
            }
        })
    });
    for caller in callers.collect::<Vec<_>>() {
        caller.await.expect("no panic");
    }
    assert_eq!(layer.stats().waiting(), 0);
    // An aborted task runs until its thread notices.
    while layer.stats().running() > 0 {
        tokio::task::yield_now().await;
    }
}
