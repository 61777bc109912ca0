use super::pool::Pool;
use std::fmt;
use std::sync::Arc;

/// What an executor does at the moment: [`ExecutorLayer::stats`](super::ExecutorLayer::stats).
#[derive(Clone)]
pub struct ExecutorStats {
    pool: Arc<Pool>,
}

impl ExecutorStats {
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

impl fmt::Debug for ExecutorStats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExecutorStats")
            .field("running", &self.running())
            .field("waiting", &self.waiting())
            .finish()
    }
}
