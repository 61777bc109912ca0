use super::future::ResponseFuture;
use crate::inner::inner_service;
use rocketmq_tower_core::{BoxError, RemotingCommand};
use std::task::{Context, Poll};
use tokio::runtime::Handle;
use tower_service::Service;

/// Runs requests as tasks of a runtime. See the [module's documentation](super).
#[derive(Clone, Debug)]
pub struct Spawn<S> {
    inner: S,
    handle: Option<Handle>,
}

impl<S> Spawn<S> {
    pub(super) const fn new(inner: S, handle: Option<Handle>) -> Self {
        Self { inner, handle }
    }

    inner_service!();
}

impl<S> Service<RemotingCommand> for Spawn<S>
where
    S: Service<RemotingCommand>,
    S::Response: Send + 'static,
    S::Error: Into<BoxError>,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = ResponseFuture<S::Response>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, request: RemotingCommand) -> Self::Future {
        let exchange = self.inner.call(request);
        let exchange = async move { exchange.await.map_err(Into::into) };
        ResponseFuture::start(self.handle.as_ref(), exchange)
    }
}
