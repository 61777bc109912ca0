//! `work_queue`: running, waiting and refused requests.
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

use rocketmq_tower_core::{BoxError, RemotingCommand, ResponseCode};
use rocketmq_tower_layers::work_queue::{WorkQueue, WorkQueueStats};
use rocketmq_tower_layers::{RecoverLayer, WorkQueueLayer};
use rocketmq_tower_test_support::{SECOND, sleeper};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::{Instant, sleep};
use tokio_test::{assert_pending, assert_ready_ok, task};
use tower::{Layer, Service, ServiceBuilder, ServiceExt, service_fn};
use tower_test::mock;

const REJECTED: &str = "[REJECTREQUEST]system busy, start flow control for a while";
const FULL: &str = "[OVERLOAD]system busy, start flow control for a while";

fn seconds(seconds: i32) -> RemotingCommand {
    RemotingCommand::request(seconds)
}

fn counts(stats: &WorkQueueStats) -> (usize, usize) {
    (stats.running(), stats.waiting())
}

/// The remark of the `SYSTEM_BUSY` response to this request.
async fn refused<S>(executor: WorkQueue<S>, request: RemotingCommand) -> String
where
    WorkQueue<S>: Service<RemotingCommand, Response = RemotingCommand, Error = BoxError>,
{
    let service = ServiceBuilder::new().layer(RecoverLayer::new()).service(executor);
    let Ok(answer) = service.oneshot(request).await;
    assert_eq!(answer.response_code(), ResponseCode::SYSTEM_BUSY, "{answer:?}");
    answer.remark().expect("a remark").to_owned()
}

#[tokio::test(start_paused = true)]
async fn so_many_run_and_so_many_wait() {
    let layer = WorkQueueLayer::new(2).queue(3);
    let stats = layer.stats();
    let mut service = layer.layer(service_fn(sleeper));
    let start = Instant::now();
    let calls = [1; 5].map(|code| service.call(seconds(code)));
    assert_eq!(counts(&stats), (2, 3));
    assert_eq!(refused(service.clone(), seconds(1)).await, FULL);
    sleep(SECOND * 3 / 2).await;
    assert_eq!(counts(&stats), (2, 1), "though nobody polls them");
    for call in calls {
        call.await.expect("answered");
    }
    assert_eq!(start.elapsed(), 3 * SECOND);
    assert_eq!(counts(&stats), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn without_a_queue_nothing_waits_and_zero_to_run_is_one() {
    let layer = WorkQueueLayer::new(0).queue(0);
    let mut service = layer.layer(service_fn(sleeper));
    let running = service.call(seconds(1));
    assert_eq!(refused(service.clone(), seconds(1)).await, FULL);
    running.await.expect("answered");
    service.call(seconds(1)).await.expect("there is room again");
}

#[tokio::test(start_paused = true)]
async fn by_default_10_000_wait() {
    let layer = WorkQueueLayer::new(1);
    let mut service = layer.layer(service_fn(sleeper));
    let calls: Vec<_> = (0..=10_000).map(|_| service.call(seconds(1))).collect();
    assert_eq!(counts(&layer.stats()), (1, 10_000));
    assert_eq!(refused(service, seconds(1)).await, FULL);
    drop(calls);
}

#[tokio::test(start_paused = true)]
async fn they_run_in_the_order_in_which_they_came() {
    let order = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&order);
    let mut service = WorkQueueLayer::new(1).layer(service_fn(move |request: RemotingCommand| {
        seen.lock().expect("no panic").push(request.code());
        sleeper(request)
    }));
    let calls = [5, 3, 1, 4, 2].map(|code| service.call(seconds(code)));
    for call in calls.into_iter().rev() {
        call.await.expect("answered");
    }
    assert_eq!(*order.lock().expect("no panic"), [5, 3, 1, 4, 2]);
}

#[tokio::test(start_paused = true)]
async fn all_services_of_a_layer_share_its_bounds() {
    let layer = WorkQueueLayer::new(1).queue(1);
    let mut sends = layer.layer(service_fn(sleeper));
    let mut replies = layer.clone().layer(service_fn(sleeper));
    let calls = (sends.call(seconds(1)), replies.call(seconds(1)));
    assert_eq!(counts(&layer.stats()), (1, 1));
    assert_eq!(refused(sends.clone(), seconds(1)).await, FULL);
    assert_eq!(refused(replies.clone(), seconds(1)).await, FULL);
    calls.1.await.expect("answered");
    calls.0.await.expect("answered");
}

#[tokio::test(start_paused = true)]
async fn who_waits_too_long_is_refused_with_the_figures_of_the_queue() {
    let layer = WorkQueueLayer::new(1).max_wait(Duration::from_millis(200));
    let mut service = layer.layer(service_fn(sleeper));
    let running = service.call(seconds(1));
    let waiting = tokio::spawn(refused(service.clone(), seconds(1)));
    sleep(Duration::from_millis(150)).await;
    let later = service.call(seconds(1));
    assert_eq!(
        waiting.await.expect("no panic"),
        "[TIMEOUT_CLEAN_QUEUE]broker busy, start flow control for a while, \
         period in queue: 200ms, size of queue: 1"
    );
    drop(later);
    running.await.expect("what runs may take as long as it likes");
    assert_eq!(counts(&layer.stats()), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn who_waited_and_then_runs_is_not_refused_any_more() {
    let layer = WorkQueueLayer::new(1).max_wait(2 * SECOND);
    let mut service = layer.layer(service_fn(sleeper));
    let start = Instant::now();
    let calls = [1, 9].map(|code| tokio::spawn(service.call(seconds(code))));
    for call in calls {
        call.await.expect("no panic").expect("answered");
    }
    assert_eq!(start.elapsed(), 10 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn requests_are_rejected_while_the_condition_holds_also_when_the_queue_is_full() {
    let busy = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&busy);
    let layer = WorkQueueLayer::new(1).queue(0).reject_when(move || flag.load(Ordering::Relaxed));
    let mut service = layer.layer(service_fn(sleeper));
    let running = service.call(seconds(1));
    busy.store(true, Ordering::Relaxed);
    assert_eq!(refused(service.clone(), seconds(1)).await, REJECTED);
    busy.store(false, Ordering::Relaxed);
    assert_eq!(refused(service, seconds(1)).await, FULL);
    running.await.expect("answered");
}

#[tokio::test(start_paused = true)]
async fn it_is_always_ready_and_readiness_is_waited_for_inside_of_a_slot() {
    let (mock, mut handle) = mock::pair::<RemotingCommand, RemotingCommand>();
    let layer = WorkQueueLayer::new(1);
    let mut service = mock::Spawn::new(layer.layer(mock));
    handle.allow(0);
    let mut calls = [1, 2].map(|code| {
        assert_ready_ok!(service.poll_ready());
        task::spawn(service.call(RemotingCommand::request(code)))
    });
    sleep(SECOND).await;
    assert_eq!(counts(&layer.stats()), (1, 1));
    handle.allow(1);
    let (request, respond) = handle.next_request().await.expect("called");
    assert_eq!(request.code(), 1);
    respond.send_response(RemotingCommand::response(ResponseCode::SUCCESS));
    assert_pending!(calls[1].poll());
    let [first, _second] = calls;
    first.await.expect("answered");
}
