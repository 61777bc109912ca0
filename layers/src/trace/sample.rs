use rocketmq_tower_core::RemotingCommand;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Which requests are traced.
#[derive(Clone)]
pub(super) enum Sample {
    All,
    /// One in `n`; the count is shared by all connections.
    Every(u64, Arc<AtomicU64>),
    Wanted(Arc<dyn Fn(&RemotingCommand) -> bool + Send + Sync>),
}

impl Sample {
    pub(super) fn wants(&self, request: &RemotingCommand) -> bool {
        match self {
            Self::All => true,
            Self::Every(0, _) => false,
            Self::Every(n, count) => count.fetch_add(1, Ordering::Relaxed) % n == 0,
            Self::Wanted(wanted) => wanted(request),
        }
    }
}

impl fmt::Debug for Sample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("All"),
            Self::Every(n, _) => f.debug_tuple("Every").field(n).finish(),
            Self::Wanted(_) => f.write_str("Wanted"),
        }
    }
}
