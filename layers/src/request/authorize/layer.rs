use super::{Authorize, Rules};
use crate::identity::{UserOf, verified_user};
use std::fmt;
use std::sync::Arc;
use tokio::sync::watch;
use tower_layer::Layer;

/// Lets only requests pass that the rules allow. See the [module's documentation](super).
#[derive(Clone)]
pub struct AuthorizeLayer {
    rules: RulesHandle,
    user_of: UserOf,
}

impl AuthorizeLayer {
    /// Applies these rules.
    #[must_use]
    pub fn new(rules: impl Into<Rules>) -> Self {
        let (rules, _) = watch::channel(Arc::new(rules.into()));
        Self { rules: RulesHandle(Arc::new(rules)), user_of: verified_user }
    }

    /// Sets how the user of a request is known. Default: [`verified_user`].
    #[must_use]
    pub fn user_of(mut self, user_of: UserOf) -> Self {
        self.user_of = user_of;
        self
    }

    /// Returns a handle that changes the rules of this layer, of its clones, and of all their
    /// services.
    #[must_use]
    pub fn handle(&self) -> RulesHandle {
        self.rules.clone()
    }
}

impl<S> Layer<S> for AuthorizeLayer {
    type Service = Authorize<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Authorize::new(inner, self.rules.0.subscribe(), self.user_of)
    }
}

impl fmt::Debug for AuthorizeLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthorizeLayer").field("rules", &self.rules).finish_non_exhaustive()
    }
}

/// Reads and replaces the rules of an [`AuthorizeLayer`].
#[derive(Clone)]
pub struct RulesHandle(Arc<watch::Sender<Arc<Rules>>>);

impl RulesHandle {
    /// Returns the rules in force.
    #[must_use]
    pub fn rules(&self) -> Arc<Rules> {
        Arc::clone(&self.0.borrow())
    }

    /// Puts these rules in force, for each request that arrives from now on. Requests that were
    /// allowed before finish.
    pub fn replace(&self, rules: impl Into<Rules>) {
        self.0.send_replace(Arc::new(rules.into()));
    }
}

impl fmt::Debug for RulesHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RulesHandle").field(&self.rules()).finish()
    }
}
