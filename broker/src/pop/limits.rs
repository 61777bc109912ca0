//! The bounds of what is kept for popped messages.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// The bytes of a batch, about: its entry in memory, that in the order of times, and its share of tables.
const BATCH_BYTES: usize = 320;

/// The bytes of a message beside its batch.
const MESSAGE_BYTES: usize = 24;

/// A number of messages that are not acknowledged, and the bytes for them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct InFlight {
    pub(crate) messages: usize,
    pub(crate) bytes: usize,
}

/// The bounds of a group, and of all groups.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PopLimits {
    pub(crate) of_group: InFlight,
    pub(crate) total: InFlight,
}

impl PopLimits {
    pub(crate) const DEFAULT: Self = Self {
        of_group: InFlight { messages: 250_000, bytes: 32 * 1024 * 1024 },
        total: InFlight { messages: 1_000_000, bytes: 128 * 1024 * 1024 },
    };
}

impl InFlight {
    /// Returns what a batch of this number of messages takes.
    pub(super) const fn batch(messages: usize) -> Self {
        Self { messages, bytes: BATCH_BYTES + messages * MESSAGE_BYTES }
    }

    /// Returns what acknowledged messages of a batch that stays took.
    pub(super) const fn part(messages: usize) -> Self {
        Self { messages, bytes: messages * MESSAGE_BYTES }
    }

    pub(super) fn add(&mut self, more: Self) {
        self.messages += more.messages;
        self.bytes += more.bytes;
    }

    /// Adds `more` if the sum is within the limit.
    pub(super) fn add_within(&mut self, more: Self, limit: Self) -> bool {
        let mut sum = *self;
        sum.add(more);
        let fits = sum.messages <= limit.messages && sum.bytes <= limit.bytes;
        if fits {
            *self = sum;
        }
        fits
    }

    pub(super) fn remove(&mut self, less: Self) {
        self.messages = self.messages.saturating_sub(less.messages);
        self.bytes = self.bytes.saturating_sub(less.bytes);
    }
}

/// The sum of all groups.
#[derive(Debug, Default)]
pub(super) struct Total {
    messages: AtomicUsize,
    bytes: AtomicUsize,
}

impl Total {
    pub(super) fn add(&self, more: InFlight) {
        self.messages.fetch_add(more.messages, Relaxed);
        self.bytes.fetch_add(more.bytes, Relaxed);
    }

    pub(super) fn add_within(&self, more: InFlight, limit: InFlight) -> bool {
        self.add(more);
        let now = self.get();
        let fits = now.messages <= limit.messages && now.bytes <= limit.bytes;
        if !fits {
            self.remove(more);
        }
        fits
    }

    pub(super) fn remove(&self, less: InFlight) {
        self.messages.fetch_sub(less.messages, Relaxed);
        self.bytes.fetch_sub(less.bytes, Relaxed);
    }

    pub(super) fn get(&self) -> InFlight {
        InFlight { messages: self.messages.load(Relaxed), bytes: self.bytes.load(Relaxed) }
    }
}
