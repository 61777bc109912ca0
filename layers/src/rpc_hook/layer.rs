use super::{RpcHook, RpcHooks};
use rocketmq_tower_core::Addr;
use std::fmt;
use std::sync::Arc;
use tower_layer::Layer;

/// Calls hooks before requests and after their answers. See the [module's documentation](super).
#[derive(Clone, Default)]
pub struct RpcHookLayer {
    hooks: Vec<Arc<dyn RpcHook>>,
    peer: Option<Addr>,
}

impl RpcHookLayer {
    /// No hooks yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a hook after those that are there.
    #[must_use]
    pub fn hook(mut self, hook: impl RpcHook) -> Self {
        self.hooks.push(Arc::new(hook));
        self
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

impl<S> Layer<S> for RpcHookLayer {
    type Service = RpcHooks<S>;

    fn layer(&self, inner: S) -> Self::Service {
        RpcHooks::new(inner, self.hooks.as_slice().into(), self.peer.clone())
    }
}

impl fmt::Debug for RpcHookLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RpcHookLayer").field("hooks", &self.hooks.len()).finish_non_exhaustive()
    }
}
