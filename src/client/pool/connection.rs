//! A connection of a client.

use rocketmq_tower_core::Channel;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::time::Instant;

/// A connection that ends earlier than this, and before its first response, was of no use.
const SOON: Duration = Duration::from_secs(1);

/// A connection to an address. Its clones keep it open.
#[derive(Clone)]
pub(in crate::client) struct PooledConnection {
    pub(in crate::client) channel: Channel,
    history: Arc<History>,
}

struct History {
    /// The number of the attempt that made the connection. Later attempts have higher numbers.
    number: u64,
    opened: Instant,
    responses: AtomicU64,
}

impl PooledConnection {
    pub(super) fn new(channel: Channel, number: u64) -> Self {
        let history = History { number, opened: Instant::now(), responses: AtomicU64::new(0) };
        Self { channel, history: Arc::new(history) }
    }

    pub(in crate::client) fn is_usable(&self) -> bool {
        !self.channel.is_closed() && !self.channel.is_draining()
    }

    /// Returns the number of responses received over it. If it grows, the peer is alive.
    pub(in crate::client) fn responses(&self) -> u64 {
        self.history.responses.load(Ordering::Relaxed)
    }

    pub(in crate::client) fn count_response(&self) {
        self.history.responses.fetch_add(1, Ordering::Relaxed);
    }

    /// Whether the pool began to make it after attempt `number`.
    pub(in crate::client) fn is_newer_than(&self, number: u64) -> bool {
        self.history.number > number
    }

    /// Whether it is of use, if it ends now.
    pub(super) fn was_of_use(&self) -> bool {
        self.responses() > 0 || self.history.opened.elapsed() >= SOON
    }
}
