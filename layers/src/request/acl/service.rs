use super::CredentialStore;
use super::rules::Rules;
use crate::support::fallible::ResponseFuture;
use crate::support::inner::inner_service;
use crate::support::unused::Unused;
use rocketmq_tower_core::{BoxError, RemotingCommand};
use std::fmt;
use std::task::{Context, Poll};
use tower_service::Service;

/// Lets only signed requests pass. See the [module's documentation](super).
pub struct AclVerify<S, C> {
    inner: S,
    rules: Rules<C>,
}

impl<S, C> AclVerify<S, C> {
    pub(super) fn new(inner: S, rules: Rules<C>) -> Self {
        Self { inner, rules }
    }

    inner_service!();
}

impl<S, C> Service<RemotingCommand> for AclVerify<S, C>
where
    S: Service<RemotingCommand> + Clone,
    S::Error: Into<BoxError>,
    C: CredentialStore,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, mut request: RemotingCommand) -> Self::Future {
        // A guard, because the store may panic.
        let unused = Unused::new(&mut self.inner);
        let access_key = match self.rules.check(&request) {
            Ok(access_key) => access_key,
            Err(abort) => return ResponseFuture::refused(abort.into()),
        };
        unused.keep();
        if let Some(access_key) = access_key {
            request.extensions_mut().insert(access_key);
        }
        ResponseFuture::running(self.inner.call(request))
    }
}

/// Written by hand, because the store need not be `Clone`.
impl<S: Clone, C> Clone for AclVerify<S, C> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), rules: self.rules.clone() }
    }
}

impl<S: fmt::Debug, C> fmt::Debug for AclVerify<S, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AclVerify").field("inner", &self.inner).field("rules", &self.rules).finish()
    }
}
