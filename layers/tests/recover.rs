//! `recover`: the table of responses to errors.
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

use rocketmq_tower_core::channel::DeferError;
use rocketmq_tower_core::{Abort, BoxError, RemotingCommand, ResponseCode, UnsupportedCode};
use rocketmq_tower_layers::RecoverLayer;
use rocketmq_tower_layers::recover::answer;
use std::convert::Infallible;
use std::time::Duration;
use tokio_test::{assert_pending, assert_ready_ok};
use tower::{Layer, Service, ServiceBuilder, ServiceExt, service_fn};
use tower_test::mock::{self, Spawn};

#[derive(Debug, thiserror::Error)]
#[error("outer")]
struct Outer(#[source] BoxError);

const OVERLOAD: &str = "[OVERLOAD]system busy, start flow control for a while";

#[tokio::test(start_paused = true)]
async fn errors_become_answers_at_any_depth() {
    let elapsed = tokio::time::timeout(Duration::ZERO, std::future::pending::<()>()).await;
    type Row = (fn() -> BoxError, ResponseCode, &'static str);
    let table: Vec<Row> = vec![
        (
            || Abort::new(ResponseCode::NO_PERMISSION, "not you").into(),
            ResponseCode::NO_PERMISSION,
            "not you",
        ),
        (|| Abort::new(ResponseCode::from(-1), "").into(), ResponseCode::from(-1), ""),
        (
            || UnsupportedCode(77.into()).into(),
            ResponseCode::REQUEST_CODE_NOT_SUPPORTED,
            " request type 77 not supported",
        ),
        (|| DeferError::TooMany { max: 3 }.into(), ResponseCode::SYSTEM_BUSY, OVERLOAD),
        (|| tower::load_shed::error::Overloaded::new().into(), ResponseCode::SYSTEM_BUSY, OVERLOAD),
        (
            || tower::timeout::error::Elapsed::new().into(),
            ResponseCode::SYSTEM_BUSY,
            "[TIMEOUT_CLEAN_QUEUE]broker busy, start flow control for a while",
        ),
    ];
    for (error, code, remark) in table {
        for error in [error(), Outer(Outer(error()).into()).into()] {
            let answer = answer(&*error);
            assert!(answer.is_response());
            assert_eq!(
                (answer.response_code(), answer.remark()),
                (code, Some(remark)),
                "{error:?}"
            );
        }
    }
    let elapsed = answer(&elapsed.expect_err("elapsed"));
    assert_eq!(elapsed.response_code(), ResponseCode::SYSTEM_BUSY);
    let other = answer(&*BoxError::from(Outer("inner".into())));
    assert_eq!(
        (other.response_code(), other.remark()),
        (ResponseCode::SYSTEM_ERROR, Some("outer: inner"))
    );
    let other = answer(&DeferError::NotARequest);
    assert_eq!(other.response_code(), ResponseCode::SYSTEM_ERROR);
}

#[tokio::test]
async fn readiness_passes_and_its_failure_is_answered() {
    let (mock, mut handle) = mock::pair::<RemotingCommand, RemotingCommand>();
    let mut service = Spawn::new(RecoverLayer::new().layer(mock));
    handle.allow(0);
    assert_pending!(service.poll_ready());
    handle.send_error("worn out");
    assert!(service.is_woken());
    assert_ready_ok!(service.poll_ready());
    let Ok(answer) = service.call(RemotingCommand::request(1)).await;
    assert_eq!(
        (answer.response_code(), answer.remark()),
        (ResponseCode::SYSTEM_ERROR, Some("worn out"))
    );
}

#[tokio::test]
async fn answers_pass() {
    let (mock, mut handle) = mock::pair::<RemotingCommand, Option<RemotingCommand>>();
    let mut service = Spawn::new(RecoverLayer::new().layer(mock));
    assert_ready_ok!(service.poll_ready());
    let call = service.call(RemotingCommand::request(1));
    let (_, respond) = handle.next_request().await.expect("called");
    respond.send_response(None);
    assert_eq!(call.await, Ok(None));
}

/// tower's own middleware works inside the layer, whatever its error type.
#[tokio::test(start_paused = true)]
async fn towers_middleware_is_answered_for() {
    let forever = service_fn(|_: RemotingCommand| {
        std::future::pending::<Result<RemotingCommand, Infallible>>()
    });
    let mut slow = ServiceBuilder::new()
        .layer(RecoverLayer::new())
        .timeout(Duration::from_secs(1))
        .service(forever);
    let Ok(answer) = slow.ready().await.expect("ready").call(RemotingCommand::request(1)).await;
    assert!(answer.remark().expect("a remark").starts_with("[TIMEOUT_CLEAN_QUEUE]"));

    let mut full = ServiceBuilder::new()
        .layer(RecoverLayer::new())
        .load_shed()
        .concurrency_limit(1)
        .service(forever);
    let _first = full.ready().await.expect("ready").call(RemotingCommand::request(1));
    let Ok(answer) = full.ready().await.expect("ready").call(RemotingCommand::request(1)).await;
    assert_eq!(
        (answer.response_code(), answer.remark()),
        (ResponseCode::SYSTEM_BUSY, Some(OVERLOAD))
    );
}
