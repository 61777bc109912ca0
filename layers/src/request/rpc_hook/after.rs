use super::RpcHook;
use rocketmq_tower_core::{Addr, BoxError, RemotingCommand};
use std::sync::Arc;

/// Runs the after-hooks of one request.
pub(super) struct After {
    pub(super) hooks: Arc<[Arc<dyn RpcHook>]>,
    pub(super) peer: Addr,
    pub(super) request: RemotingCommand,
}

impl After {
    pub(super) fn run(&self, mut response: Option<&mut RemotingCommand>) -> Result<(), BoxError> {
        let Self { hooks, peer, request } = self;
        hooks.iter().try_for_each(|hook| hook.after(peer, request, response.as_deref_mut()))
    }
}
