//! The processor of clients that serve no requests.

use rocketmq_tower_core::{RemotingCommand, UnsupportedCode};
use std::future::{Ready, ready};
use std::task::{Context, Poll};
use tower_service::Service;

/// Answers every request with `REQUEST_CODE_NOT_SUPPORTED`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unsupported;

impl Service<RemotingCommand> for Unsupported {
    type Response = RemotingCommand;
    type Error = UnsupportedCode;
    type Future = Ready<Result<RemotingCommand, UnsupportedCode>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), UnsupportedCode>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: RemotingCommand) -> Self::Future {
        ready(Err(UnsupportedCode(request.request_code())))
    }
}
