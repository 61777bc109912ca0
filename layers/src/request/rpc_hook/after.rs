use super::{RequestHead, RpcHook};
use rocketmq_tower_core::{Addr, BoxError, Channel, RemotingCommand};
use std::sync::Arc;

/// The address of a request that no connection received.
static UNNAMED: Addr = Addr::Unnamed;

/// Runs the after-hooks of one request.
pub(super) struct After {
    pub(super) hooks: Arc<[Arc<dyn RpcHook>]>,
    /// See [`RpcHooks`](super::RpcHooks).
    pub(super) peer: Option<Addr>,
    pub(super) request: RequestHead,
}

impl After {
    pub(super) fn run(&self, mut response: Option<&mut RemotingCommand>) -> Result<(), BoxError> {
        let Self { hooks, peer, request } = self;
        let peer = peer_of(peer.as_ref(), request.channel());
        hooks.iter().try_for_each(|hook| hook.after(peer, request, response.as_deref_mut()))
    }
}

/// Returns the address that hooks get: that of the layer's `peer`, or that of the sender.
pub(super) fn peer_of<'a>(peer: Option<&'a Addr>, sender: Option<&'a Channel>) -> &'a Addr {
    peer.or(sender.map(Channel::peer_addr)).unwrap_or(&UNNAMED)
}
