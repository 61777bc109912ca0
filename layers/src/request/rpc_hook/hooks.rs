use super::RpcHook;
use rocketmq_tower_core::Addr;
use rocketmq_tower_core::channel::ExchangeObserver;
use std::sync::Arc;

/// The address of a request that no connection received.
static UNNAMED: Addr = Addr::Unnamed;

/// The hooks of a layer.
pub(super) struct Hooks {
    pub(super) list: Arc<[Arc<dyn RpcHook>]>,
    /// The address that a client's requests are sent to; `None` on the server's side.
    pub(super) peer: Option<Addr>,
    /// Whether one of them looks at responses.
    pub(super) look_after: bool,
}

impl Hooks {
    pub(super) fn new(list: Arc<[Arc<dyn RpcHook>]>, peer: Option<Addr>) -> Self {
        let look_after = list.iter().any(|hook| hook.looks_after());
        Self { list, peer, look_after }
    }

    pub(super) fn is_client(&self) -> bool {
        self.peer.is_some()
    }

    /// Returns the address that hooks get: that of the layer's peer, or that of the sender.
    pub(super) fn peer_of<'a>(&'a self, sender: &'a ExchangeObserver) -> &'a Addr {
        self.peer.as_ref().or_else(|| sender.peer_addr()).unwrap_or(&UNNAMED)
    }
}
