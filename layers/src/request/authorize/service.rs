use super::Rules;
use super::rule::Sender;
use crate::identity::UserOf;
use crate::support::fallible::ResponseFuture;
use crate::support::inner::inner_service;
use crate::support::unused::Unused;
use rocketmq_tower_core::error::chain_text;
use rocketmq_tower_core::subject::Subject;
use rocketmq_tower_core::{Abort, BoxError, RemotingCommand, ResponseCode};
use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::sync::watch;
use tower_service::Service;

/// Lets only requests pass that the rules allow. See the [module's documentation](super).
#[derive(Clone)]
pub struct Authorize<S> {
    inner: S,
    guard: Guard,
}

impl<S> Authorize<S> {
    pub(super) fn new(inner: S, changes: watch::Receiver<Arc<Rules>>, user_of: UserOf) -> Self {
        Self { inner, guard: Guard::new(changes, user_of) }
    }

    inner_service!();
}

impl<S> Service<RemotingCommand> for Authorize<S>
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
        // A guard, because the function that knows the user may panic.
        let unused = Unused::new(&mut self.inner);
        if let Err(abort) = self.guard.check(&request) {
            return ResponseFuture::refused(abort.into());
        }
        unused.keep();
        ResponseFuture::running(self.inner.call(request))
    }
}

impl<S: fmt::Debug> fmt::Debug for Authorize<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authorize")
            .field("inner", &self.inner)
            .field("rules", &self.guard.rules)
            .finish_non_exhaustive()
    }
}

/// Checks the requests of one service.
#[derive(Clone)]
struct Guard {
    /// The rules in force when this service looked last.
    rules: Arc<Rules>,
    changes: watch::Receiver<Arc<Rules>>,
    user_of: UserOf,
}

impl Guard {
    fn new(mut changes: watch::Receiver<Arc<Rules>>, user_of: UserOf) -> Self {
        let rules = Arc::clone(&changes.borrow_and_update());
        Self { rules, changes, user_of }
    }

    fn check(&mut self, request: &RemotingCommand) -> Result<(), Abort> {
        // An error means that nobody can change the rules any more.
        if self.changes.has_changed().unwrap_or(false) {
            self.rules = Arc::clone(&self.changes.borrow_and_update());
        }
        let subject = Subject::of(request)
            .map_err(|error| Abort::new(ResponseCode::NO_PERMISSION, chain_text(&error)))?;
        let ip = request.channel().and_then(|channel| channel.peer_addr().ip());
        let sender = Sender { user: (self.user_of)(request), ip };
        Ok(self.rules.check(sender, &subject)?)
    }
}
