//! `body_limit`.
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

use rocketmq_tower_core::error::find_source;
use rocketmq_tower_core::{Abort, BoxError, RemotingCommand, RequestCode, ResponseCode};
use rocketmq_tower_layers::BodyLimitLayer;
use rocketmq_tower_test_support::assert_accessors;
use std::sync::Arc;
use tokio::sync::Semaphore;
use tokio_test::{assert_pending, assert_ready_err, assert_ready_ok, task};
use tower::limit::ConcurrencyLimit;
use tower::{Layer, Service, ServiceExt, service_fn};
use tower_test::mock::{self, Spawn};

fn request(code: i32, length: usize) -> RemotingCommand {
    RemotingCommand::request(code).with_body(vec![7; length])
}

/// The `Abort` that the request is refused with; `None` if it passes.
async fn refusal(layer: &BodyLimitLayer, request: RemotingCommand) -> Option<Abort> {
    let length = request.body().len();
    let mut service = layer.layer(service_fn(move |request: RemotingCommand| async move {
        assert_eq!(request.body().len(), length);
        Ok::<_, BoxError>(RemotingCommand::response(ResponseCode::SUCCESS))
    }));
    let answer = service.ready().await.expect("ready").call(request).await;
    answer.err().map(|error| find_source::<Abort>(&*error).expect("an abort").clone())
}

#[tokio::test]
async fn each_code_has_its_limit_and_the_rest_another() {
    let layer =
        BodyLimitLayer::new(10).code(RequestCode::SEND_MESSAGE, 100).code(77, 0).code(78, 5);
    let layer = layer.code(78, usize::MAX);
    for (code, max) in [(10, 100), (34, 10), (99_999, 10), (77, 0)] {
        assert_eq!(refusal(&layer, request(code, max)).await, None);
        let abort = refusal(&layer, request(code, max + 1)).await.expect("too long");
        assert_eq!(abort.code, ResponseCode::MESSAGE_ILLEGAL);
    }
    assert_eq!(refusal(&layer, request(78, 1 << 20)).await, None, "what is set last counts");
    assert_eq!(refusal(&BodyLimitLayer::new(0), RemotingCommand::request(34)).await, None);
}

#[tokio::test]
async fn the_remark_names_both_lengths_and_the_code() {
    let layer = BodyLimitLayer::new(64);
    let abort = refusal(&layer, request(34, 65)).await.expect("too long");
    assert_eq!(abort.remark, "the body of 65 bytes exceeds the limit of 64 for HEART_BEAT");
}

#[tokio::test]
async fn a_request_that_is_refused_keeps_nothing_that_was_reserved_for_it() {
    let limit = Arc::new(Semaphore::new(1));
    let (mock, mut handle) = mock::pair::<RemotingCommand, RemotingCommand>();
    let limited = ConcurrencyLimit::with_semaphore(mock, Arc::clone(&limit));
    let mut service = Spawn::new(BodyLimitLayer::new(1).layer(limited));
    assert_ready_ok!(service.poll_ready());
    assert_eq!(limit.available_permits(), 0);
    assert_ready_err!(task::spawn(service.call(request(10, 2))).poll());
    assert_eq!(limit.available_permits(), 1);
    assert_ready_ok!(service.poll_ready());
    let mut call = task::spawn(service.call(request(10, 1)));
    assert_pending!(call.poll());
    let (_, respond) = handle.next_request().await.expect("called");
    respond.send_error("broken");
    assert_eq!(assert_ready_err!(call.poll()).to_string(), "broken", "errors pass");
}

#[test]
fn accessors() {
    assert_accessors!(BodyLimitLayer::new(1));
}
