use super::error::catch;
use super::future::ResponseFuture;
use crate::inner::inner_service;
use rocketmq_tower_core::{BoxError, RemotingCommand};
use std::task::{Context, Poll};
use tower_service::Service;

/// Turns panics into errors. See the [module's documentation](super).
#[derive(Clone, Copy, Debug)]
pub struct CatchPanic<S> {
    inner: S,
}

impl<S> CatchPanic<S> {
    /// Catches the panics of `inner`.
    pub const fn new(inner: S) -> Self {
        Self { inner }
    }

    inner_service!();
}

impl<S> Service<RemotingCommand> for CatchPanic<S>
where
    S: Service<RemotingCommand>,
    S::Error: Into<BoxError>,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        match catch(|| self.inner.poll_ready(cx)) {
            Ok(ready) => ready.map_err(Into::into),
            Err(panicked) => Poll::Ready(Err(panicked.into())),
        }
    }

    fn call(&mut self, request: RemotingCommand) -> Self::Future {
        match catch(|| self.inner.call(request)) {
            Ok(inner) => ResponseFuture::running(inner),
            Err(panicked) => ResponseFuture::panicked(panicked),
        }
    }
}
