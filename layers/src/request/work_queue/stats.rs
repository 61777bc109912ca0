use super::pool::Pool;
use std::fmt;
use std::sync::Arc;

/// What an executor does at the moment: [`WorkQueueLayer::stats`](super::WorkQueueLayer::stats).
#[derive(Clone)]
pub struct WorkQueueStats {
    pool: Arc<Pool>,
}

impl WorkQueueStats {
    pub(super) const fn new(pool: Arc<Pool>) -> Self {
        Self { pool }
    }

    /// How many requests run.
    #[must_use]
    pub fn running(&self) -> usize {
        self.pool.running()
    }

    /// How many requests wait.
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
