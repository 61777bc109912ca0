use super::{Access, Namespace, Tenant};
use rocketmq_tower_core::RemotingCommand;
use std::fmt;
use std::sync::Arc;
use tower_layer::Layer;

/// Returns the access of a request's sender.
pub(super) type AccessOf = Arc<dyn Fn(&RemotingCommand) -> Access + Send + Sync>;

/// Shows each tenant its own topics and groups. See the [module's documentation](super).
#[derive(Clone)]
pub struct NamespaceLayer {
    access_of: AccessOf,
}

impl NamespaceLayer {
    /// Knows the tenant of a request by this function. It is called for each request, in the connection's
    /// task, so it must not block.
    pub fn new(access_of: impl Fn(&RemotingCommand) -> Access + Send + Sync + 'static) -> Self {
        Self { access_of: Arc::new(access_of) }
    }

    /// All requests are those of one tenant.
    #[must_use]
    pub fn of(tenant: Tenant) -> Self {
        Self::new(move |_| Access::Tenant(tenant.clone()))
    }
}

impl<S> Layer<S> for NamespaceLayer {
    type Service = Namespace<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Namespace::new(inner, Arc::clone(&self.access_of))
    }
}

impl fmt::Debug for NamespaceLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NamespaceLayer").finish_non_exhaustive()
    }
}
