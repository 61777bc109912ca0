//! A connection of a client.

use rocketmq_tower_core::Channel;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A connection to an address, which its clones keep open.
#[derive(Clone, Debug)]
pub(super) struct Connection {
    pub(super) channel: Channel,
    answers: Arc<AtomicU64>,
}

impl Connection {
    pub(super) fn new(channel: Channel) -> Self {
        Self { channel, answers: Arc::default() }
    }

    pub(super) fn is_usable(&self) -> bool {
        !self.channel.is_closed() && !self.channel.is_draining()
    }

    /// How many calls over it were answered: whether it is alive.
    pub(super) fn answers(&self) -> u64 {
        self.answers.load(Ordering::Relaxed)
    }

    pub(super) fn answered(&self) {
        self.answers.fetch_add(1, Ordering::Relaxed);
    }
}
