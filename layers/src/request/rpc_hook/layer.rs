use super::{RpcHook, RpcHooks};
use rocketmq_tower_core::Addr;
use std::fmt;
use std::sync::Arc;
use tower_layer::Layer;

/// Calls hooks before requests and after their answers. See the [module's documentation](super).
#[derive(Clone)]
pub struct RpcHookLayer {
    hooks: Arc<[Arc<dyn RpcHook>]>,
    peer: Option<Addr>,
}

impl RpcHookLayer {
    /// No hooks yet.
    #[must_use]
    pub fn new() -> Self {
        Self { hooks: Arc::new([]), peer: None }
    }

    /// Adds a hook after those that are there.
    #[must_use]
    pub fn hook(self, hook: impl RpcHook) -> Self {
        let hook: Arc<dyn RpcHook> = Arc::new(hook);
        let hooks = self.hooks.iter().cloned().chain([hook]).collect();
        Self { hooks, ..self }
    }

    /// Whether there is no hook.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.hooks.is_empty()
    }

    /// Whom the requests are sent to: for a layer on the client's side, such as around a
    /// [`Channel`](rocketmq_tower_core::Channel). Hooks are told this address, wherever the request
    /// came from, and follow the client's [rules](super). Without it they follow the server's and
    /// are told who sent the request.
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
