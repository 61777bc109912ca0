use super::pool::Pool;
use std::fmt;
use std::sync::Arc;

/// The current state of an executor, from [`WorkQueueLayer::stats`](super::WorkQueueLayer::stats).
#[derive(Clone)]
pub struct WorkQueueStats {
    pool: Arc<Pool>,
}

impl WorkQueueStats {
    pub(super) const fn new(pool: Arc<Pool>) -> Self {
        Self { pool }
    }

    /// Returns how many requests run now.
    #[must_use]
    pub fn running(&self) -> usize {
        self.pool.running()
    }

    /// Returns how many requests wait in the queue now.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.pool.waiting()
    }
}

impl fmt::Debug for WorkQueueStats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WorkQueueStats")
            .field("running", &self.running())
            .field("waiting", &self.waiting())
            .finish()
    }
}
