//! How the hosts are told what to do.

use std::sync::atomic::{AtomicU32, Ordering};
use tokio::sync::Notify;

/// What comes after the troubles that a run begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub(crate) enum Stage {
    /// Things go wrong no more: calls have to succeed again.
    Recovery = 1,
    /// There are no more calls: connections have to end.
    Quiet,
    /// The server has to end.
    End,
}

/// A number that grows, and who waits for that.
///
/// Not a `watch`: its order of waking is random.
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

    /// One more.
    pub(crate) fn ring(&self) {
        self.set(self.get() + 1);
    }

    /// Waits until the number is at least this.
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
