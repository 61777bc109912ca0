//! The policies that are in force now.

use crate::policies::{Policed, Policies};
use rocketmq_tower::{BoxError, Layer, RemotingCommand, Reply, Service};
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::sync::watch;

/// Puts the policies in force around services.
#[derive(Clone, Debug)]
pub(crate) struct CurrentLayer(watch::Receiver<Arc<Policies>>);

impl CurrentLayer {
    pub(crate) fn new(policies: watch::Receiver<Arc<Policies>>) -> Self {
        Self(policies)
    }
}

impl<S: Clone> Layer<S> for CurrentLayer {
    type Service = Current<S>;

    fn layer(&self, inner: S) -> Current<S> {
        let mut policies = self.0.clone();
        let stack = policies.borrow_and_update().around(inner.clone());
        Current { inner, policies, stack }
    }
}

/// A service inside of the policies in force. Requests that have begun finish with those of their beginning.
#[derive(Clone, Debug)]
pub(crate) struct Current<S> {
    inner: S,
    policies: watch::Receiver<Arc<Policies>>,
    stack: Policed<S>,
}

impl<S> Service<RemotingCommand> for Current<S>
where
    S: Service<RemotingCommand, Response: Reply, Error = BoxError> + Clone,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = <Policed<S> as Service<RemotingCommand>>::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        if self.policies.has_changed().unwrap_or(false) {
            self.stack = self.policies.borrow_and_update().around(self.inner.clone());
        }
        self.stack.poll_ready(cx)
    }

    fn call(&mut self, request: RemotingCommand) -> Self::Future {
        self.stack.call(request)
    }
}
