//! `oneshot`.
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

mod common;

use common::channel;
use rocketmq_tower_core::RemotingCommand;
use rocketmq_tower_layers::OneshotLayer;
use rocketmq_tower_layers::oneshot::Oneshot;
use rocketmq_tower_test_support::{SECOND, assert_accessors, sleeper};
use std::future::{Ready, ready};
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::sync::Semaphore;
use tokio::time::sleep;
use tokio_test::{assert_pending, assert_ready_err, assert_ready_ok, task};
use tower::limit::ConcurrencyLimit;
use tower::load_shed::LoadShed;
use tower::{Layer, Service, ServiceExt};
use tower_test::mock::{self, Handle, Mock, Spawn};

type Limited = ConcurrencyLimit<Mock<&'static str, ()>>;

fn limited(limit: &Arc<Semaphore>) -> (Limited, Handle<&'static str, ()>) {
    let (mock, handle) = mock::pair();
    (ConcurrencyLimit::with_semaphore(mock, Arc::clone(limit)), handle)
}

/// One connection's service of a server that sheds requests above its shared limit.
fn shedding(
    limit: &Arc<Semaphore>,
) -> (Spawn<Oneshot<LoadShed<Limited>>>, Handle<&'static str, ()>) {
    let (limited, handle) = limited(limit);
    (Spawn::new(OneshotLayer::new().layer(LoadShed::new(limited))), handle)
}

#[tokio::test]
async fn it_is_always_ready_and_requests_wait_by_themselves() {
    let (mock, mut handle) = mock::pair::<&str, &str>();
    let mut service = Spawn::new(OneshotLayer::new().layer(mock));
    handle.allow(0);
    let mut calls = Vec::new();
    for request in ["a", "b"] {
        assert_ready_ok!(service.poll_ready());
        let mut call = task::spawn(service.call(request));
        assert_pending!(call.poll());
        calls.push(call);
    }
    handle.allow(1);
    assert!(calls[0].is_woken());
    assert_pending!(calls[0].poll());
    let (request, respond) = handle.next_request().await.expect("called");
    assert_eq!(request, "a");
    respond.send_response("answer");
    assert_eq!(calls.remove(0).await.expect("answered"), "answer");
    assert_pending!(calls[0].poll());
}

#[tokio::test]
async fn errors_of_readiness_are_the_requests() {
    let (mock, mut handle) = mock::pair::<&str, &str>();
    let mut service = Spawn::new(OneshotLayer::new().layer(mock));
    handle.send_error("broken");
    assert_ready_ok!(service.poll_ready());
    let error = assert_ready_err!(task::spawn(service.call("a")).poll());
    assert_eq!(error.to_string(), "broken");
}

/// Without the layer, the second connection stays in the limit's queue, receives the permit when
/// the first request ends, and keeps it while it is idle.
#[tokio::test]
async fn a_connection_whose_request_was_shed_takes_no_permit() {
    let limit = Arc::new(Semaphore::new(1));
    let ((mut one, mut handle), (mut two, _two)) = (shedding(&limit), shedding(&limit));
    let mut running = task::spawn(one.call("a"));
    assert_pending!(running.poll());
    let (_, respond) = handle.next_request().await.expect("called");
    assert_ready_err!(task::spawn(two.call("b")).poll(), "shed");
    respond.send_response(());
    running.await.expect("answered");
    assert_eq!(limit.available_permits(), 1, "nobody has it");
    assert_pending!(task::spawn(one.call("c")).poll(), "it runs");
}

#[tokio::test]
async fn a_request_that_was_given_up_leaves_the_queue() {
    let limit = Arc::new(Semaphore::new(1));
    let (limited, _handle) = limited(&limit);
    let mut service = Spawn::new(OneshotLayer::new().layer(limited));
    let mut running = task::spawn(service.call("a"));
    assert_pending!(running.poll());
    let mut waiting = ["b", "c"].map(|request| task::spawn(service.call(request)));
    for call in &mut waiting {
        assert_pending!(call.poll());
    }
    let [given_up, next] = waiting;
    drop(given_up);
    drop(running);
    assert!({ next }.is_woken(), "its turn has come");
}

/// A service that is ready when its inner service is, and refuses every request.
#[derive(Clone)]
struct Refuse<S>(S);

impl<S: Service<&'static str>> Service<&'static str> for Refuse<S> {
    type Response = ();
    type Error = &'static str;
    type Future = Ready<Result<(), &'static str>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), &'static str>> {
        self.0.poll_ready(cx).map_err(|_| "not ready")
    }

    fn call(&mut self, _request: &'static str) -> Self::Future {
        ready(Err("refused"))
    }
}

#[tokio::test]
async fn a_request_that_was_refused_gives_its_permit_back() {
    let limit = Arc::new(Semaphore::new(1));
    let (limited, _handle) = limited(&limit);
    let mut service = Spawn::new(OneshotLayer::new().layer(Refuse(limited)));
    assert_ready_ok!(service.poll_ready());
    let error = assert_ready_err!(task::spawn(service.call("a")).poll());
    assert_eq!((error, limit.available_permits()), ("refused", 1));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_was_shed_takes_no_slot_of_a_channel() {
    let channel = channel(1, sleeper);
    let shedding = || OneshotLayer::new().layer(LoadShed::new(channel.clone()));
    let (mut one, mut two) = (shedding(), shedding());
    let running = tokio::spawn(one.call(RemotingCommand::request(10)));
    sleep(SECOND).await;
    two.call(RemotingCommand::request(10)).await.expect_err("shed");
    running.await.expect("no panic").expect("answered");
    one.ready().await.expect("always").call(RemotingCommand::request(10)).await.expect("answered");
}

#[test]
fn accessors() {
    assert_accessors!(OneshotLayer::new());
}
