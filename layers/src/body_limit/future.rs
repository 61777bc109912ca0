use crate::fallible::Fallible;
use pin_project_lite::pin_project;
use rocketmq_tower_core::BoxError;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

pin_project! {
    /// An exchange whose request was short enough, or was refused.
    #[derive(Debug)]
    pub struct ResponseFuture<F> {
        #[pin]
        exchange: Fallible<F>,
    }
}

impl<F> ResponseFuture<F> {
    pub(super) fn running(inner: F) -> Self {
        Self { exchange: Fallible::running(inner) }
    }

    pub(super) fn refused(error: BoxError) -> Self {
        Self { exchange: Fallible::failed(error) }
    }
}

impl<F, R, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<R, E>>,
    E: Into<BoxError>,
{
    type Output = Result<R, BoxError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.project().exchange.poll(cx)
    }
}
