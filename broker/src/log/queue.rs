//! One queue of a topic.

use super::CommitLogOffset;
use std::sync::atomic::{AtomicI64, Ordering};
use tokio::sync::Notify;

/// The ends of a queue, and who waits for more.
#[derive(Debug)]
pub(crate) struct Queue {
    /// What tells it from all other queues of the broker.
    number: u32,
    /// The offset of the first message that is still there.
    min: AtomicI64,
    /// The offset after the last message that is stored.
    max: AtomicI64,
    /// The offset of the next message to be written. The writer's own.
    next: AtomicI64,
    arrived: Notify,
}

impl Queue {
    pub(crate) fn new(number: u32, min: i64, max: i64) -> Self {
        Self { number, min: min.into(), max: max.into(), next: max.into(), arrived: Notify::new() }
    }

    pub(crate) fn number(&self) -> u32 {
        self.number
    }

    pub(crate) fn min(&self) -> i64 {
        self.min.load(Ordering::Acquire)
    }

    pub(crate) fn max(&self) -> i64 {
        self.max.load(Ordering::Acquire)
    }

    /// The place of an offset of this queue.
    pub(crate) fn commit_log_offset(&self, offset: i64) -> CommitLogOffset {
        CommitLogOffset::new(self.number, offset)
    }

    /// Wakes all that wait when messages come. What comes after this was called is not missed.
    pub(crate) fn arrived(&self) -> tokio::sync::futures::Notified<'_> {
        self.arrived.notified()
    }

    /// The offset for one more message.
    pub(super) fn take_next(&self) -> i64 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    /// All messages up to the next are stored.
    pub(super) fn publish(&self) {
        self.max.store(self.next.load(Ordering::Relaxed), Ordering::Release);
        self.arrived.notify_waiters();
    }

    /// Those that are not stored will not be.
    pub(super) fn take_back(&self) {
        self.next.store(self.max(), Ordering::Relaxed);
    }

    /// Messages before `min` are gone.
    pub(super) fn trim(&self, min: i64) {
        self.min.fetch_max(min, Ordering::Release);
    }
}
