//! Deletes messages that are older than the retention time.

use crate::log::{LogWrite, Queue, index};
use crate::state::BrokerState;
use crate::storage::{StorageBatch, StorageTable};
use crate::topics::names;
use rocketmq_tower::BoxError;
use rocketmq_tower::message::StoredMessage;
use rocketmq_tower_core::clock;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::sleep;

/// The time between two searches for old messages.
const EVERY: Duration = Duration::from_secs(60);

/// Messages that wait for their time or their transaction are kept longer by this, in ms, which is
/// more than they can wait.
const WAITING: i64 = 4 * 24 * 3600 * 1000;

/// The maximum number of messages of a queue that are deleted at once.
const ROUND: i64 = 1000;

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

/// Deletes the messages that are older than `keep` now.
pub(crate) async fn pass(broker: &BrokerState, keep: Duration) -> Result<(), BoxError> {
    let oldest = clock::now_ms().saturating_sub(clock::millis(keep));
    for topic in broker.topics.all() {
        let oldest = if names::is_internal(&topic.name) { oldest - WAITING } else { oldest };
        for queue in topic.queues() {
            while let Some(write) = expired(broker, queue, oldest)? {
                broker.log.write(write).await?;
            }
        }
    }
    Ok(())
}

/// Returns the deletion of up to `ROUND` messages of a queue that were stored before `oldest`, if
/// there are any. The last message of a queue is kept: the next start reads the end of the queue from
/// it.
fn expired(
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
        let at = queue.commit_log_offset(offset);
        rows.delete(StorageTable::Messages, at.key());
        for hash in index::keys_of(message.topic, message.properties) {
            rows.delete(StorageTable::Keys, index::row(hash, at));
        }
        min = offset + 1;
        ControlFlow::Continue(())
    })?;
    Ok((min > first).then(|| LogWrite::rows(rows).and_trim(Arc::clone(queue), min)))
}
