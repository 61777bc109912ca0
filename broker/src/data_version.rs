//! The version of a table of settings, by which tools notice that it has changed between two pages.

use rocketmq_tower::protocol::DataVersion;
use rocketmq_tower_core::clock;
use std::sync::atomic::{AtomicI64, Ordering::Relaxed};

/// Counts the changes since the broker's start.
#[derive(Debug)]
pub(crate) struct TableVersion {
    changes: AtomicI64,
    /// The time of the last change, or of the start, in ms since 1970.
    changed_at: AtomicI64,
}

impl Default for TableVersion {
    fn default() -> Self {
        Self { changes: AtomicI64::new(0), changed_at: clock::now_ms().into() }
    }
}

impl TableVersion {
    /// Notes a change.
    pub(crate) fn changed(&self) {
        self.changed_at.store(clock::now_ms(), Relaxed);
        self.changes.fetch_add(1, Relaxed);
    }

    pub(crate) fn get(&self) -> DataVersion {
        DataVersion {
            counter: self.changes.load(Relaxed),
            state_version: 0,
            timestamp: self.changed_at.load(Relaxed),
        }
    }
}
