//! Deletes topics.

use super::{Topic, Topics, names};
use crate::log::{LogError, LogWrite, Queue};
use crate::offsets::OffsetPair;
use crate::state::BrokerState;
use crate::storage::{StorageBatch, StorageTable};
use rocketmq_tower::BoxError;
use rocketmq_tower_core::sync::write;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use tokio::task::spawn_blocking;

/// The maximum number of rows that are written at a time.
const MAX_ROWS: usize = 4096;

/// Deletes a topic with the offsets of all groups in it. Its messages cannot be found any more, and
/// leave the disk with the files that they are in. Its queues are not used again: a new topic of this
/// name begins empty. Does nothing if it does not exist. Not cancel safe: to be run as a task.
pub(crate) async fn delete(broker: Arc<BrokerState>, name: String) -> Result<(), BoxError> {
    delete_all(broker, vec![name], |_| true).await
}

/// Deletes the topics of retries that are empty, of groups without members: groups come and go. Their
/// next messages make them again. To be run as a task, as [`delete`].
pub(crate) async fn expire(broker: Arc<BrokerState>) -> Result<(), BoxError> {
    let is_over = |topic: &Arc<Topic>| {
        names::retried_group(&topic.name).is_some_and(|group| {
            topic.queues.iter().all(|queue| queue.min() == queue.max())
                && broker.clients.consumers(group).is_empty()
        })
    };
    let over = broker.topics.all().into_iter().filter(is_over).take(MAX_ROWS);
    let names: Vec<_> = over.map(|topic| topic.name.clone()).collect();
    if names.is_empty() {
        return Ok(());
    }
    delete_all(broker, names, |topic| {
        // A request that waits for a message, or is about to store one, has a handle of it.
        let is_idle =
            |queue: &Arc<Queue>| Arc::strong_count(queue) == 1 && queue.min() == queue.max();
        Arc::strong_count(topic) == 1 && topic.queues.iter().all(is_idle)
    })
    .await
}

/// Deletes those of the topics for which the condition holds.
async fn delete_all(
    broker: Arc<BrokerState>,
    names: Vec<String>,
    condition: impl Fn(&Arc<Topic>) -> bool,
) -> Result<(), BoxError> {
    let topics = Arc::clone(&broker.topics);
    // Nobody else changes topics meanwhile.
    let _changes = topics.next_number.lock().await;
    let removed: HashMap<_, _> = {
        let mut by_name = write(&topics.by_name);
        let remove = |name: String| match by_name.get(&name) {
            Some(topic) if condition(topic) => by_name.remove_entry(&name),
            _ => None,
        };
        names.into_iter().filter_map(remove).collect()
    };
    if removed.is_empty() {
        return Ok(());
    }
    let (removed, offsets) = {
        let broker = Arc::clone(&broker);
        // After the topics are gone, so that no request adds one.
        let of_removed = move || {
            let offsets = broker.offsets.remove(|_, topic| removed.contains_key(topic));
            broker.statistics.remove(|_, topic| removed.contains_key(topic));
            removed.values().filter_map(|topic| topic.puts()).for_each(|puts| {
                broker.statistics.forget(puts);
            });
            (removed, offsets)
        };
        spawn_blocking(of_removed).await?
    };
    if let Err(error) = delete_rows(&topics, removed.keys(), &offsets).await {
        write(&topics.by_name).extend(removed);
        broker.offsets.put_back(offsets);
        return Err(error.into());
    }
    let of_groups = removed.keys().filter(|name| names::is_of_group(name)).count();
    topics.of_groups.fetch_sub(of_groups, Relaxed);
    topics.version.changed();
    for name in removed.keys() {
        topics.unlisted.remove(name);
        tracing::info!(topic = name, "a topic was deleted");
    }
    Ok(())
}

/// Deletes the rows of the topics in the store: those of the topics themselves with the last offsets, so
/// that a topic whose deletion is interrupted is still there.
async fn delete_rows(
    topics: &Topics,
    names: impl Iterator<Item = &String>,
    offsets: &[OffsetPair],
) -> Result<(), LogError> {
    let mut batches = vec![StorageBatch::default()];
    offsets.iter().for_each(|pair| pair.delete_rows(&mut batches, MAX_ROWS));
    if let Some(last) = batches.last_mut() {
        names.for_each(|name| last.delete(StorageTable::Topics, name));
    }
    for batch in batches {
        topics.log.write(LogWrite::rows(batch)).await?;
    }
    Ok(())
}
