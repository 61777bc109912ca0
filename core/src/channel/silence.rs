//! Marks of what was heard from the peer, and the calls that it left unanswered.

use crate::sync::lock;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::time::Instant;

/// Shared by the driver, which stores, and the handles of its channel, which read.
#[derive(Debug, Default)]
pub(crate) struct Silence {
    /// Changes whenever bytes were read.
    heard: AtomicU64,
    /// `None` if no call was given up while nothing was heard.
    unanswered: Mutex<Option<Box<Unanswered>>>,
}

/// Calls that were given up while nothing was heard.
#[derive(Debug, Default)]
struct Unanswered {
    /// The mark of what had been heard by then.
    heard: u64,
    count: usize,
    /// When the first of them was given up.
    since: Option<Instant>,
}

impl Silence {
    pub(crate) fn heard(&self) -> u64 {
        self.heard.load(Ordering::Relaxed)
    }

    /// Records what has been heard. Only the driver calls it, so nothing is lost between the load and
    /// the store; if nothing has changed, other threads keep the memory in their caches.
    #[inline]
    pub(crate) fn hear(&self, heard: u64) {
        if self.heard() != heard {
            self.heard.store(heard, Ordering::Relaxed);
        }
    }

    /// Records that a call was given up, and that nothing was heard since it was sent. Returns how
    /// long ago the first such call was given up.
    pub(crate) fn gave_up(&self, heard: u64) -> Duration {
        let now = Instant::now();
        let mut unanswered = lock(&self.unanswered);
        let unanswered = unanswered.get_or_insert_default();
        if unanswered.heard != heard {
            **unanswered = Unanswered { heard, ..Unanswered::default() };
        }
        unanswered.count += 1;
        now.saturating_duration_since(*unanswered.since.get_or_insert(now))
    }

    /// Returns the number of calls that were given up since anything was heard.
    pub(crate) fn unanswered(&self) -> usize {
        let unanswered = lock(&self.unanswered);
        let current = unanswered.as_ref().filter(|unanswered| unanswered.heard == self.heard());
        current.map_or(0, |unanswered| unanswered.count)
    }
}
