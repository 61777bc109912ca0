use super::after::After;
use crate::support::fallible::Fallible;
use pin_project_lite::pin_project;
use rocketmq_tower_core::{BoxError, Reply};
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

pin_project! {
    /// An exchange with hooks around it.
    pub struct ResponseFuture<F> {
        #[pin]
        exchange: Fallible<F>,
        after: After,
    }
}

impl<F> ResponseFuture<F> {
    pub(super) const fn running(inner: F, after: After) -> Self {
        Self { exchange: Fallible::running(inner), after }
    }

    pub(super) const fn failed(error: BoxError, after: After) -> Self {
        Self { exchange: Fallible::failed(error), after }
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
        // Looked at in place: moving a result costs more than the rest of this.
        let mut polled = this.exchange.poll(cx);
        if let Poll::Ready(Ok(reply)) = &mut polled {
            if let Err(error) = this.after.run(reply.command_mut()) {
                polled = Poll::Ready(Err(error));
            }
        }
        if let Poll::Ready(Err(error)) = &polled {
            this.after.note(error);
        }
        polled
    }
}

impl<F> fmt::Debug for ResponseFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}
