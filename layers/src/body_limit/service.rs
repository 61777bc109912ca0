use super::limits::Limits;
use crate::fallible::ResponseFuture;
use crate::inner::inner_service;
use crate::unused::Unused;
use rocketmq_tower_core::{BoxError, RemotingCommand};
use std::sync::Arc;
use std::task::{Context, Poll};
use tower_service::Service;

/// Limits the bodies of requests. See the [module's documentation](super).
#[derive(Clone, Debug)]
pub struct BodyLimit<S> {
    inner: S,
    limits: Arc<Limits>,
}

impl<S> BodyLimit<S> {
    pub(super) fn new(inner: S, limits: Arc<Limits>) -> Self {
        Self { inner, limits }
    }

    inner_service!();
}

impl<S> Service<RemotingCommand> for BodyLimit<S>
where
    S: Service<RemotingCommand> + Clone,
    S::Error: Into<BoxError>,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, request: RemotingCommand) -> Self::Future {
        match self.limits.check(&request) {
            Ok(()) => ResponseFuture::running(self.inner.call(request)),
            Err(abort) => {
                drop(Unused::new(&mut self.inner));
                ResponseFuture::refused(abort.into())
            }
        }
    }
}
