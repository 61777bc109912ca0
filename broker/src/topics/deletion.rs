//! Deletes topics.

use super::{Topics, names};
use crate::log::{LogError, LogWrite};
use crate::offsets::OffsetPair;
use crate::state::BrokerState;
use crate::storage::{StorageBatch, StorageTable};
use rocketmq_tower::BoxError;
use rocketmq_tower_core::sync::write;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use tokio::task::spawn_blocking;

/// The maximum number of rows that are written at a time.
const MAX_ROWS: usize = 4096;

/// Deletes a topic with the offsets of all groups in it. Its messages cannot be found any more, and
/// leave the disk with the files that they are in. Its queues are not used again: a new topic of this
/// name begins empty. Does nothing if it does not exist. Not cancel safe: to be run as a task.
pub(crate) async fn delete(broker: Arc<BrokerState>, name: String) -> Result<(), BoxError> {
    let topics = Arc::clone(&broker.topics);
    // Nobody else changes topics meanwhile.
    let _changes = topics.next_number.lock().await;
    let removed = write(&topics.by_name).remove(&name);
    let Some(topic) = removed else { return Ok(()) };
    let offsets = {
        let (broker, name) = (Arc::clone(&broker), name.clone());
        // After the topic is gone, so that no request adds one.
        spawn_blocking(move || broker.offsets.remove(|_, topic| topic == name)).await?
    };
    if let Err(error) = delete_rows(&topics, &name, &offsets).await {
        write(&topics.by_name).insert(name, topic);
        broker.offsets.put_back(offsets);
        return Err(error.into());
    }
    topics.of_groups.fetch_sub(usize::from(names::is_of_group(&name)), Relaxed);
    topics.version.changed();
    tracing::info!(topic = name, "a topic was deleted");
    Ok(())
}

/// Deletes the rows of the topic in the store: that of the topic itself with the last offsets, so that a
/// topic whose deletion is interrupted is still there.
async fn delete_rows(topics: &Topics, name: &str, offsets: &[OffsetPair]) -> Result<(), LogError> {
    let mut batches = vec![StorageBatch::default()];
    offsets.iter().for_each(|pair| pair.delete_rows(&mut batches, MAX_ROWS));
    if let Some(last) = batches.last_mut() {
        last.delete(StorageTable::Topics, name);
    }
    for batch in batches {
        topics.log.write(LogWrite::rows(batch)).await?;
    }
    Ok(())
}
