//! Tells the hosts which stage of the run has begun.

use std::sync::atomic::{AtomicU32, Ordering};
use tokio::sync::Notify;

/// The stages after the faults that a run begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub(crate) enum Stage {
    /// The faults have ended: calls must succeed again.
    Recovery = 1,
    /// No more calls are made: connections must end.
    Quiet,
    /// The server must end.
    End,
}

/// A number that grows, and the tasks that wait for that.
///
/// Not a `watch`, which wakes tasks in a random order.
#[derive(Debug, Default)]
pub(crate) struct Signal {
    number: AtomicU32,
    changed: Notify,
}

impl Signal {
    pub(crate) fn get(&self) -> u32 {
        self.number.load(Ordering::Relaxed)
    }

    pub(crate) fn set(&self, number: u32) {
        self.number.store(number, Ordering::Relaxed);
        self.changed.notify_waiters();
    }

    /// Increments the number.
    pub(crate) fn ring(&self) {
        self.set(self.get() + 1);
    }

    /// Waits until the number is at least `number`.
    pub(crate) async fn reaches(&self, number: u32) {
        loop {
            let changed = self.changed.notified();
            if self.get() >= number {
                return;
            }
            changed.await;
        }
    }
}
