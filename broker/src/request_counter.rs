//! A hook that counts requests.

use rocketmq_tower::layers::rpc_hook::RpcHook;
use rocketmq_tower::{Addr, BoxError, RemotingCommand};
use std::sync::atomic::{AtomicU64, Ordering};

/// Counts requests, and logs their number when the server ends.
#[derive(Debug, Default)]
pub(crate) struct RequestCounter {
    requests: AtomicU64,
}

impl RpcHook for RequestCounter {
    fn before(&self, _peer: &Addr, _request: &mut RemotingCommand) -> Result<(), BoxError> {
        self.requests.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    fn looks_after(&self) -> bool {
        false
    }
}

impl Drop for RequestCounter {
    fn drop(&mut self) {
        tracing::info!(requests = self.requests.load(Ordering::Relaxed), "served");
    }
}
