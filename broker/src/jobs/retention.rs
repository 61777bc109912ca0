//! Deletes messages that are too old.

use crate::clock;
use crate::log::{LogWrite, Queue, index};
use crate::state::BrokerState;
use crate::storage::{StorageBatch, StorageTable};
use crate::topics::names;
use rocketmq_tower::BoxError;
use rocketmq_tower::message::StoredMessage;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::sleep;

/// How often it looks for old messages.
const EVERY: Duration = Duration::from_secs(60);

/// Messages that wait for their time or their transaction are kept for longer than they can wait,
/// in ms.
const WAITING: i64 = 4 * 24 * 3600 * 1000;

/// So many messages of a queue are deleted at once.
const ROUND: i64 = 1000;

/// Deletes for ever what is older than `keep`.
pub(crate) async fn run(broker: &BrokerState, keep: Duration) {
    loop {
        sleep(EVERY).await;
        if let Err(error) = pass(broker, keep).await {
            tracing::error!(error = &*error as &dyn std::error::Error, "deleting failed");
        }
    }
}

/// Deletes what is older than `keep` now.
pub(crate) async fn pass(broker: &BrokerState, keep: Duration) -> Result<(), BoxError> {
    let oldest =
        clock::now_ms().saturating_sub(i64::try_from(keep.as_millis()).unwrap_or(i64::MAX));
    for topic in broker.topics.all() {
        let oldest = if names::is_internal(&topic.name) { oldest - WAITING } else { oldest };
        for queue in topic.queues() {
            while let Some(write) = old(broker, queue, oldest)? {
                broker.log.write(write).await?;
            }
        }
    }
    Ok(())
}

/// The deletion of some of a queue's messages that were stored before `oldest`. The last one of a
/// queue stays: it tells at the next start how far the queue has come.
fn old(
    broker: &BrokerState,
    queue: &Arc<Queue>,
    oldest: i64,
) -> Result<Option<LogWrite>, BoxError> {
    let (first, last) = (queue.min(), queue.max() - 1);
    let (mut rows, mut min) = (StorageBatch::default(), first);
    broker.log.scan(queue, first, last.min(first + ROUND), &mut |offset, record| {
        let Ok((message, _)) = StoredMessage::decode(record) else {
            return ControlFlow::Break(());
        };
        if message.store_timestamp >= oldest {
            return ControlFlow::Break(());
        }
        let place = queue.commit_log_offset(offset);
        rows.delete(StorageTable::Messages, place.key());
        for hash in index::keys_of(message.topic, message.properties) {
            rows.delete(StorageTable::Keys, index::row(hash, place));
        }
        min = offset + 1;
        ControlFlow::Continue(())
    })?;
    Ok((min > first).then(|| LogWrite::rows(rows).and_trim(Arc::clone(queue), min)))
}
