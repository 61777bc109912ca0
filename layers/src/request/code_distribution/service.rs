use super::Traffic;
use super::future::ResponseFuture;
use crate::deferred::Held;
use crate::support::inner::inner_service;
use rocketmq_tower_core::{BoxError, RemotingCommand, Reply, RequestCode};
use std::sync::Arc;
use std::task::{Context, Poll};
use tower_service::Service;

/// Counts requests and answers by code. See the [module's documentation](super).
#[derive(Clone, Debug)]
pub struct CodeDistribution<S> {
    inner: S,
    traffic: Traffic,
    long_polling: Arc<[RequestCode]>,
}

impl<S> CodeDistribution<S> {
    pub(super) const fn new(inner: S, traffic: Traffic, long_polling: Arc<[RequestCode]>) -> Self {
        Self { inner, traffic, long_polling }
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

    fn call(&mut self, mut request: RemotingCommand) -> Self::Future {
        self.traffic.request(&request);
        let traffic = self.traffic.clone();
        let held = if request.is_oneway() {
            Held::Nothing
        } else if self.long_polling.contains(&request.request_code()) {
            Held::watching(&mut request, traffic)
        } else {
            Held::Own(traffic)
        };
        ResponseFuture::new(self.inner.call(request), held)
    }
}
