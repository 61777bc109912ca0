//! Deletes messages that are older than the retention time.

use crate::log::{Log, LogWrite};
use crate::state::BrokerState;
use crate::storage::{StorageBatch, StorageTable};
use crate::topics;
use rocketmq_tower::BoxError;
use rocketmq_tower_core::clock;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

/// The time between two searches for old messages.
const EVERY: Duration = Duration::from_secs(60);

/// The maximum number of rows that are written at a time.
const MAX_ROWS: usize = 4096;

/// Deletes messages older than the retention time, in a loop.
pub(crate) async fn run(broker: &Arc<BrokerState>) {
    loop {
        broker.clock.sleep(EVERY).await;
        if let Err(error) = pass(broker, broker.settings.retention()).await {
            tracing::error!(
                error = &*error as &dyn std::error::Error,
                "deleting old messages failed"
            );
        }
    }
}

/// Deletes the messages that are older than `keep` now, as far as the store can: it keeps what waits
/// for its time or its transaction, and all that was stored later. Then deletes the topics of retries that are empty and not in use.
pub(crate) async fn pass(broker: &Arc<BrokerState>, keep: Duration) -> Result<(), BoxError> {
    let oldest = broker.clock.now_ms().saturating_sub(clock::millis(keep));
    let moved = broker.log.read(false, move |storage| storage.trim(oldest)).await?;
    if !moved.is_empty() {
        trim(broker, moved.into_iter().collect()).await?;
    }
    tokio::spawn(topics::expire(Arc::clone(broker))).await?
}

/// Trims the queues: they begin with these offsets.
async fn trim(broker: &BrokerState, moved: HashMap<u32, i64>) -> Result<(), BoxError> {
    for topic in broker.topics.all() {
        for queue in topic.queues() {
            if let Some(first) = moved.get(&queue.number()) {
                queue.trim(*first);
            }
        }
    }
    store_ends(&broker.log, &moved).await
}

/// Stores where the queues end that have become empty: nothing else says it if the index of queues is lost.
async fn store_ends(log: &Log, moved: &HashMap<u32, i64>) -> Result<(), BoxError> {
    let empty = |queue: &(&u32, &i64)| log.storage().bounds(*queue.0).is_ok_and(|it| it.is_empty());
    let ends: Vec<_> = moved.iter().filter(empty).collect();
    for ends in ends.chunks(MAX_ROWS) {
        let mut rows = StorageBatch::default();
        for (queue, end) in ends {
            rows.put(StorageTable::Ends, queue.to_be_bytes(), end.to_be_bytes().to_vec());
        }
        log.write(LogWrite::rows(rows)).await?;
    }
    Ok(())
}
