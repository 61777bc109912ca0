//! The hook of the server that is measured.

use rocketmq_tower::layers::rpc_hook::RpcHook;
use rocketmq_tower::{Addr, BoxError, RemotingCommand};
use std::sync::atomic::{AtomicU64, Ordering};

/// Counts requests, as that of `examples/server.rs` does.
#[derive(Default)]
pub(crate) struct Counter(AtomicU64);

impl RpcHook for Counter {
    fn before(&self, _peer: &Addr, _request: &mut RemotingCommand) -> Result<(), BoxError> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    fn looks_after(&self) -> bool {
        false
    }
}
