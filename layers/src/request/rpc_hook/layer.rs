use super::hooks::Hooks;
use super::{RpcHook, RpcHooks};
use rocketmq_tower_core::Addr;
use std::fmt;
use std::sync::Arc;
use tower_layer::Layer;

/// Calls hooks before requests and after responses. See the [module's documentation](super).
#[derive(Clone)]
pub struct RpcHookLayer {
    hooks: Arc<Hooks>,
}

impl RpcHookLayer {
    /// Creates a layer without hooks.
    #[must_use]
    pub fn new() -> Self {
        Self { hooks: Arc::new(Hooks::new(Arc::new([]), None)) }
    }

    /// Adds a hook after the existing ones.
    #[must_use]
    pub fn hook(self, hook: impl RpcHook) -> Self {
        let hook: Arc<dyn RpcHook> = Arc::new(hook);
        let list = self.hooks.list.iter().cloned().chain([hook]).collect();
        Self { hooks: Arc::new(Hooks::new(list, self.hooks.peer.clone())) }
    }

    /// Whether the layer has no hooks.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.hooks.list.is_empty()
    }

    /// Sets the address that requests are sent to, for a layer on the client's side, such as around
    /// a [`Channel`](rocketmq_tower_core::Channel). Hooks get this address, wherever the request
    /// came from, and follow the client's [rules](super). Without it, hooks get the address of the
    /// request's sender and follow the server's rules.
    #[must_use]
    pub fn peer(self, peer: impl Into<Addr>) -> Self {
        let (list, peer) = (Arc::clone(&self.hooks.list), Some(peer.into()));
        Self { hooks: Arc::new(Hooks::new(list, peer)) }
    }
}

impl Default for RpcHookLayer {
    fn default() -> Self {
        Self::new()
    }
}

impl<S> Layer<S> for RpcHookLayer {
    type Service = RpcHooks<S>;

    fn layer(&self, inner: S) -> Self::Service {
        RpcHooks::new(inner, Arc::clone(&self.hooks))
    }
}

impl fmt::Debug for RpcHookLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RpcHookLayer")
            .field("hooks", &self.hooks.list.len())
            .finish_non_exhaustive()
    }
}
