use super::Mapper;
use super::future::ResponseFuture;
use crate::support::inner::inner_service;
use rocketmq_tower_core::{BoxError, RemotingCommand, Reply};
use std::convert::Infallible;
use std::fmt;
use std::task::{Context, Poll};
use tower_service::Service;

/// Turns every error into the protocol's response for it. See the [module's documentation](super).
pub struct Recover<S> {
    inner: S,
    mapper: Option<Mapper>,
    /// The error of the inner service's `poll_ready`, to answer the next request with.
    unready: Option<BoxError>,
}

impl<S> Recover<S> {
    /// Turns the errors of `inner` into responses.
    pub const fn new(inner: S) -> Self {
        Self::with(inner, None)
    }

    pub(super) const fn with(inner: S, mapper: Option<Mapper>) -> Self {
        Self { inner, mapper, unready: None }
    }

    inner_service!();
}

impl<S> Service<RemotingCommand> for Recover<S>
where
    S: Service<RemotingCommand>,
    S::Response: Reply,
    S::Error: Into<BoxError>,
{
    type Response = S::Response;
    type Error = Infallible;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        match self.inner.poll_ready(cx) {
            Poll::Ready(Ok(())) if self.unready.is_none() => Poll::Ready(Ok(())),
            Poll::Ready(ready) => {
                self.unready = ready.err().map(Into::into);
                Poll::Ready(Ok(()))
            }
            Poll::Pending => Poll::Pending,
        }
    }

    fn call(&mut self, request: RemotingCommand) -> Self::Future {
        let mapper = self.mapper.clone();
        match self.unready.take() {
            Some(error) => ResponseFuture::failed(error, mapper),
            None => ResponseFuture::running(self.inner.call(request), mapper),
        }
    }
}

/// A clone does not copy the error: its readiness is its own.
impl<S: Clone> Clone for Recover<S> {
    fn clone(&self) -> Self {
        Self::with(self.inner.clone(), self.mapper.clone())
    }
}

impl<S: fmt::Debug> fmt::Debug for Recover<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recover").field("inner", &self.inner).finish_non_exhaustive()
    }
}
