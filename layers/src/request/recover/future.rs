use super::Mapper;
use super::answer::{abort_for, respond};
use crate::support::fallible::Fallible;
use pin_project_lite::pin_project;
use rocketmq_tower_core::{BoxError, Reply};
use std::convert::Infallible;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

pin_project! {
    /// An exchange that turns an error into a response.
    pub struct ResponseFuture<F> {
        #[pin]
        exchange: Fallible<F>,
        mapper: Option<Mapper>,
    }
}

impl<F> ResponseFuture<F> {
    pub(super) const fn running(inner: F, mapper: Option<Mapper>) -> Self {
        Self { exchange: Fallible::running(inner), mapper }
    }

    pub(super) const fn failed(error: BoxError, mapper: Option<Mapper>) -> Self {
        Self { exchange: Fallible::failed(error), mapper }
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
        let this = self.project();
        this.exchange.poll(cx).map(|result| {
            Ok(result.unwrap_or_else(|error| {
                let known = abort_for(&*error);
                let abort = known.or_else(|| this.mapper.as_ref().and_then(|map| map(&error)));
                respond(abort, &*error).into()
            }))
        })
    }
}

impl<F> fmt::Debug for ResponseFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}
