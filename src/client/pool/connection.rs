//! A connection of a client.

use rocketmq_tower_core::Channel;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A connection to an address. Its clones keep it open.
#[derive(Clone)]
pub(in crate::client) struct PooledConnection {
    pub(in crate::client) channel: Channel,
    responses: Arc<AtomicU64>,
}

impl PooledConnection {
    pub(super) fn new(channel: Channel) -> Self {
        Self { channel, responses: Arc::default() }
    }

    pub(in crate::client) fn is_usable(&self) -> bool {
        !self.channel.is_closed() && !self.channel.is_draining()
    }

    /// Returns the number of responses received over it. If it grows, the peer is alive.
    pub(in crate::client) fn responses(&self) -> u64 {
        self.responses.load(Ordering::Relaxed)
    }

    pub(in crate::client) fn count_response(&self) {
        self.responses.fetch_add(1, Ordering::Relaxed);
    }
}
