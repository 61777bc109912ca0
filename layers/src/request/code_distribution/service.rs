use super::Traffic;
use super::future::ResponseFuture;
use crate::support::inner::inner_service;
use rocketmq_tower_core::{BoxError, RemotingCommand, Reply};
use std::task::{Context, Poll};
use tower_service::Service;

/// Counts requests and responses by code. See the [module's documentation](super).
#[derive(Clone, Debug)]
pub struct CodeDistribution<S> {
    inner: S,
    traffic: Traffic,
}

impl<S> CodeDistribution<S> {
    pub(super) const fn new(inner: S, traffic: Traffic) -> Self {
        Self { inner, traffic }
    }

    inner_service!();
}

impl<S> Service<RemotingCommand> for CodeDistribution<S>
where
    S: Service<RemotingCommand>,
    S::Response: Reply,
    S::Error: Into<BoxError>,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, request: RemotingCommand) -> Self::Future {
        self.traffic.request(&request);
        let counted = match request.is_oneway() {
            true => None,
            false => Some((self.traffic.clone(), request.exchange_observer())),
        };
        ResponseFuture::new(self.inner.call(request), counted)
    }
}
