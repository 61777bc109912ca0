//! Future shared by layers that may refuse a request.

use pin_project_lite::pin_project;
use rocketmq_tower_core::BoxError;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

pin_project! {
    /// The inner service's future, or an error if the service was not called.
    #[project = FallibleProj]
    #[derive(Debug)]
    pub(crate) enum Fallible<F> {
        Running { #[pin] inner: F },
        Failed { error: Option<BoxError> },
    }
}

impl<F> Fallible<F> {
    pub(crate) const fn running(inner: F) -> Self {
        Self::Running { inner }
    }

    pub(crate) const fn failed(error: BoxError) -> Self {
        Self::Failed { error: Some(error) }
    }
}

impl<F, R, E> Future for Fallible<F>
where
    F: Future<Output = Result<R, E>>,
    E: Into<BoxError>,
{
    type Output = Result<R, BoxError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project() {
            FallibleProj::Running { inner } => inner.poll(cx).map_err(Into::into),
            FallibleProj::Failed { error } => match error.take() {
                Some(error) => Poll::Ready(Err(error)),
                None => Poll::Pending,
            },
        }
    }
}

pin_project! {
    /// Future of a request that was passed on or refused.
    #[derive(Debug)]
    pub struct ResponseFuture<F> {
        #[pin]
        exchange: Fallible<F>,
    }
}

impl<F> ResponseFuture<F> {
    pub(crate) fn running(inner: F) -> Self {
        Self { exchange: Fallible::running(inner) }
    }

    pub(crate) fn refused(error: BoxError) -> Self {
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
