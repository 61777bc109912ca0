//! Waiting for a condition.

use std::time::Duration;
use tokio::time::{sleep, timeout};

/// The time between two looks at a condition.
const EVERY: Duration = Duration::from_millis(2);

/// Why [`TestBroker::wait_until`](super::TestBroker::wait_until) failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the condition did not hold within {} ms", .limit.as_millis())]
pub struct WaitError {
    pub(super) limit: Duration,
}

/// Returns as soon as the condition holds. It is looked at every 2 ms: it may depend on the
/// application, of whose changes nobody is notified.
pub(super) async fn until(
    limit: Duration,
    mut condition: impl AsyncFnMut() -> bool,
) -> Result<(), WaitError> {
    let holds = async {
        while !condition().await {
            sleep(EVERY).await;
        }
    };
    timeout(limit, holds).await.map_err(|_| WaitError { limit })
}
