use super::after::After;
use crate::support::fallible::Fallible;
use pin_project_lite::pin_project;
use rocketmq_tower_core::{BoxError, Reply};
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

pin_project! {
    /// An exchange with hooks around it.
    pub struct ResponseFuture<F> {
        #[pin]
        exchange: Fallible<F>,
        after: Option<After>,
    }
}

impl<F> ResponseFuture<F> {
    pub(super) fn unhooked(inner: F) -> Self {
        Self { exchange: Fallible::running(inner), after: None }
    }

    pub(super) fn hooked(inner: F, after: After) -> Self {
        Self { exchange: Fallible::running(inner), after: Some(after) }
    }

    pub(super) fn failed(error: BoxError) -> Self {
        Self { exchange: Fallible::failed(error), after: None }
    }
}

impl<F, R, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<R, E>>,
    R: Reply,
    E: Into<BoxError>,
{
    type Output = Result<R, BoxError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let mut reply = ready!(this.exchange.poll(cx))?;
        if let Some(after) = this.after {
            after.run(reply.command_mut())?;
        }
        Poll::Ready(Ok(reply))
    }
}

impl<F> fmt::Debug for ResponseFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}
