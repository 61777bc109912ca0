//! `catch_panic`.
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

mod common;

use rocketmq_tower_core::{RemotingCommand, ResponseCode};
use rocketmq_tower_layers::catch_panic::Panicked;
use rocketmq_tower_layers::{CatchPanicLayer, RecoverLayer};
use std::convert::Infallible;
use std::future::{Ready, ready};
use std::task::{Context, Poll};
use tower::{Layer, Service, ServiceBuilder, ServiceExt, service_fn};

#[tokio::test]
async fn panics_become_errors_wherever_they_happen() {
    let service = service_fn(|request: RemotingCommand| {
        assert_ne!(request.code(), 1, "in call");
        async move {
            tokio::task::yield_now().await;
            assert_ne!(request.code(), 2, "in the future");
            if request.code() == 3 {
                std::panic::panic_any(3);
            }
            Ok::<_, Infallible>(RemotingCommand::response(ResponseCode::SUCCESS))
        }
    });
    let mut service = CatchPanicLayer::new().layer(service);
    for (code, text) in [(1, "in call"), (2, "in the future"), (3, "no message")] {
        let call = service.ready().await.expect("ready").call(RemotingCommand::request(code));
        let error = call.await.expect_err("panicked").downcast::<Panicked>().expect("a panic");
        assert!(error.message.contains(text), "{error:?}");
    }
    service.call(RemotingCommand::request(4)).await.expect("answered");
}

struct Unready;

impl Service<RemotingCommand> for Unready {
    type Response = RemotingCommand;
    type Error = Infallible;
    type Future = Ready<Result<RemotingCommand, Infallible>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        panic!("in poll_ready")
    }

    fn call(&mut self, _request: RemotingCommand) -> Self::Future {
        ready(Ok(RemotingCommand::response(ResponseCode::SUCCESS)))
    }
}

#[tokio::test]
async fn a_panic_in_poll_ready_is_answered_by_recover() {
    let mut service = ServiceBuilder::new()
        .layer(RecoverLayer::new())
        .layer(CatchPanicLayer::new())
        .service(Unready);
    let Ok(answer) = service.ready().await.expect("ready").call(RemotingCommand::request(1)).await;
    assert_eq!(answer.remark(), Some("the processor panicked: in poll_ready"));
}

#[tokio::test]
async fn the_rest_passes() {
    common::assert_passes_readiness_and_errors(CatchPanicLayer::new()).await;
}
