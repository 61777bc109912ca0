use super::route::Exchange;
use rocketmq_tower_core::{BoxError, RemotingCommand, RequestCode, UnsupportedCode};
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

/// An exchange of a [`Router`](super::Router).
pub struct RouteFuture {
    state: State,
}

enum State {
    Running(Exchange),
    Unsupported(RequestCode),
}

impl RouteFuture {
    pub(super) fn running(exchange: Exchange) -> Self {
        Self { state: State::Running(exchange) }
    }

    pub(super) fn unsupported(code: RequestCode) -> Self {
        Self { state: State::Unsupported(code) }
    }
}

impl Future for RouteFuture {
    type Output = Result<Option<RemotingCommand>, BoxError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.state {
            State::Running(exchange) => exchange.as_mut().poll(cx),
            State::Unsupported(code) => Poll::Ready(Err(UnsupportedCode(*code).into())),
        }
    }
}

impl fmt::Debug for RouteFuture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RouteFuture").finish_non_exhaustive()
    }
}
