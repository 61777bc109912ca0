use super::routes::BoxRouteFuture;
use rocketmq_tower_core::{BoxError, RemotingCommand, RequestCode, UnsupportedCode};
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

/// The future of a [`Router`](super::Router).
pub struct RouteFuture {
    state: RouteState,
}

enum RouteState {
    Running(BoxRouteFuture),
    Unsupported(RequestCode),
}

impl RouteFuture {
    pub(super) fn running(route: BoxRouteFuture) -> Self {
        Self { state: RouteState::Running(route) }
    }

    pub(super) fn unsupported(code: RequestCode) -> Self {
        Self { state: RouteState::Unsupported(code) }
    }
}

impl Future for RouteFuture {
    type Output = Result<Option<RemotingCommand>, BoxError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.state {
            RouteState::Running(route) => route.as_mut().poll_reply(cx),
            RouteState::Unsupported(code) => Poll::Ready(Err(UnsupportedCode(*code).into())),
        }
    }
}

impl fmt::Debug for RouteFuture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RouteFuture").finish_non_exhaustive()
    }
}
