use super::future::ResponseFuture;
use crate::support::inner::inner_service;
use rocketmq_tower_core::{BoxError, RemotingCommand, Reply};
use std::convert::Infallible;
use std::task::{Context, Poll};
use tower_service::Service;

/// Turns every error into the protocol's response for it. See the [module's documentation](super).
#[derive(Debug)]
pub struct Recover<S> {
    inner: S,
    /// The error of the inner service's `poll_ready`, to answer the next request with.
    unready: Option<BoxError>,
}

impl<S> Recover<S> {
    /// Turns the errors of `inner` into responses.
    pub const fn new(inner: S) -> Self {
        Self { inner, unready: None }
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
        self.inner.poll_ready(cx).map(|ready| {
            self.unready = ready.err().map(Into::into);
            Ok(())
        })
    }

    fn call(&mut self, request: RemotingCommand) -> Self::Future {
        match self.unready.take() {
            Some(error) => ResponseFuture::failed(error),
            None => ResponseFuture::running(self.inner.call(request)),
        }
    }
}

/// A clone does not copy the error: its readiness is its own.
impl<S: Clone> Clone for Recover<S> {
    fn clone(&self) -> Self {
        Self::new(self.inner.clone())
    }
}
