use super::answer;
use crate::support::fallible::Fallible;
use pin_project_lite::pin_project;
use rocketmq_tower_core::{BoxError, Reply};
use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

pin_project! {
    /// An exchange that turns an error into a response.
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

    pub(super) fn failed(error: BoxError) -> Self {
        Self { exchange: Fallible::failed(error) }
    }
}

impl<F, R, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<R, E>>,
    R: Reply,
    E: Into<BoxError>,
{
    type Output = Result<R, Infallible>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let ended = self.project().exchange.poll(cx);
        ended.map(|result| Ok(result.unwrap_or_else(|error| answer(&*error).into())))
    }
}
