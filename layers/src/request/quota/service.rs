use super::ResponseFuture;
use super::book::Clerk;
use crate::support::inner::inner_service;
use crate::support::unused::Unused;
use rocketmq_tower_core::{BoxError, RemotingCommand, Reply};
use std::task::{Context, Poll};
use tower_service::Service;

/// Limits messages and bytes per second. See the [module's documentation](super).
#[derive(Clone, Debug)]
pub struct Limited<S> {
    inner: S,
    clerk: Clerk,
}

impl<S> Limited<S> {
    pub(super) fn new(inner: S, clerk: Clerk) -> Self {
        Self { inner, clerk }
    }

    inner_service!();
}

impl<S> Service<RemotingCommand> for Limited<S>
where
    S: Service<RemotingCommand> + Clone,
    S::Response: Reply,
    S::Error: Into<BoxError>,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, request: RemotingCommand) -> Self::Future {
        // A guard, because the function that knows the user may panic.
        let unused = Unused::new(&mut self.inner);
        let due = match self.clerk.admit(&request) {
            Ok(due) => due,
            Err(abort) => return ResponseFuture::refused(abort.into()),
        };
        unused.keep();
        let due = due.map(|due| (due, request.exchange_observer()));
        ResponseFuture::running(self.inner.call(request), due)
    }
}
