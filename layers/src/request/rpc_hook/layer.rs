use super::{RpcHook, RpcHooks};
use rocketmq_tower_core::Addr;
use std::fmt;
use std::sync::Arc;
use tower_layer::Layer;

/// Calls hooks before requests and after responses. See the [module's documentation](super).
#[derive(Clone)]
pub struct RpcHookLayer {
    hooks: Arc<[Arc<dyn RpcHook>]>,
    peer: Option<Addr>,
}

impl RpcHookLayer {
    /// Creates a layer without hooks.
    #[must_use]
    pub fn new() -> Self {
        Self { hooks: Arc::new([]), peer: None }
    }

    /// Adds a hook after the existing ones.
    #[must_use]
    pub fn hook(self, hook: impl RpcHook) -> Self {
        let hook: Arc<dyn RpcHook> = Arc::new(hook);
        let hooks = self.hooks.iter().cloned().chain([hook]).collect();
        Self { hooks, ..self }
    }

    /// Whether the layer has no hooks.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.hooks.is_empty()
    }

    /// Sets the address that requests are sent to, for a layer on the client's side, such as around
    /// a [`Channel`](rocketmq_tower_core::Channel). Hooks get this address, wherever the request
    /// came from, and follow the client's [rules](super). Without it, hooks get the address of the
    /// request's sender and follow the server's rules.
    #[must_use]
    pub fn peer(mut self, peer: impl Into<Addr>) -> Self {
        self.peer = Some(peer.into());
        self
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
        RpcHooks::new(inner, Arc::clone(&self.hooks), self.peer.clone())
    }
}

impl fmt::Debug for RpcHookLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RpcHookLayer").field("hooks", &self.hooks.len()).finish_non_exhaustive()
    }
}
