//! Deletes messages that are older than the retention time.

use crate::state::BrokerState;
use rocketmq_tower::BoxError;
use rocketmq_tower_core::clock;
use std::collections::HashMap;
use std::time::Duration;
use tokio::time::sleep;

/// The time between two searches for old messages.
const EVERY: Duration = Duration::from_secs(60);

/// Deletes messages older than `keep`, in a loop.
pub(crate) async fn run(broker: &BrokerState, keep: Duration) {
    loop {
        sleep(EVERY).await;
        if let Err(error) = pass(broker, keep).await {
            tracing::error!(
                error = &*error as &dyn std::error::Error,
                "deleting old messages failed"
            );
        }
    }
}

/// Deletes the messages that are older than `keep` now, as far as the store can: it keeps what waits
/// for its time or its transaction, and all that was stored later.
pub(crate) async fn pass(broker: &BrokerState, keep: Duration) -> Result<(), BoxError> {
    let oldest = clock::now_ms().saturating_sub(clock::millis(keep));
    let moved = broker.log.read(false, move |storage| storage.trim(oldest)).await?;
    if moved.is_empty() {
        return Ok(());
    }
    let moved: HashMap<_, _> = moved.into_iter().collect();
    for topic in broker.topics.all() {
        for queue in topic.queues() {
            if let Some(first) = moved.get(&queue.number()) {
                queue.trim(*first);
            }
        }
    }
    Ok(())
}
