//! Popped messages that are due, as they were not acknowledged in time.

use super::batch::BatchKey;
use super::limits::InFlight;
use super::queues::{Due, DueItem, PopQueue, PopShard};
use super::{Pops, row};
use crate::storage::{StorageBatch, StorageTable};
use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;

/// The time for which messages in order are known after their pop, in ms. Then their counts begin anew.
const KNOWN: i64 = 24 * 3600 * 1000;

/// The maximum of the binary exponent of the time after which a batch that could not be delivered is tried
/// again: 1 s after the first try, then twice as long each time, at most 64 s.
const MAX_TRIES: u8 = 6;

/// A batch that is due. Until the end of its delivery is noted, nobody else has it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct DueBatch {
    pub(crate) group: Arc<str>,
    /// The number of the queue.
    pub(crate) queue: u32,
    pub(crate) key: BatchKey,
    /// The offsets of the messages that are not acknowledged.
    pub(crate) offsets: Vec<i64>,
    /// The delivery does not count as a retry.
    pub(crate) suspended: bool,
}

impl DueBatch {
    /// Returns the key of its row.
    pub(crate) fn row(&self) -> Vec<u8> {
        row::batch_key(&self.group, self.queue, self.key)
    }
}

/// The work that is due.
#[derive(Debug, Default)]
pub(crate) struct DueWork {
    pub(crate) batches: Vec<DueBatch>,
    /// Deletes rows that are of no use any more.
    pub(crate) rows: StorageBatch,
    /// When the next messages are due, in ms since 1970.
    pub(crate) next: Option<i64>,
}

impl Pops {
    /// Returns the batches that are due at `now`, with at most about `max` messages, and wakes the pops that
    /// may have messages in order.
    pub(crate) fn take_due(&self, now: i64, max: usize) -> DueWork {
        // From now on, batches that are due earlier leave a notification.
        self.next_due.store(i64::MAX, SeqCst);
        let (mut work, mut visible, mut messages) = (DueWork::default(), Vec::new(), 0);
        for mut shard in self.shards.each() {
            while let Some(first) = shard.due.first() {
                if first.at > now || messages >= max {
                    work.next = Some(work.next.map_or(first.at, |next: i64| next.min(first.at)));
                    break;
                }
                let Some(due) = shard.due.pop_first() else { break };
                match due.item {
                    DueItem::Batch(key) => {
                        let batch = take_batch(&mut shard, &due, key);
                        messages += batch.as_ref().map_or(0, |batch| batch.offsets.len());
                        work.batches.extend(batch);
                    }
                    DueItem::Order => {
                        messages += 1;
                        self.end_order(&mut shard, &due, now, &mut work.rows);
                        visible.push(due.group);
                    }
                }
            }
        }
        self.next_due.store(work.next.unwrap_or(i64::MAX), SeqCst);
        visible.iter().for_each(|group| self.changed(group));
        work
    }

    /// Resolves when something is due earlier than the last call of [`take_due`](Self::take_due) has said.
    pub(crate) async fn due_earlier(&self) {
        self.due_earlier.notified().await;
    }

    /// Messages in order are visible again. Later, they are forgotten.
    fn end_order(&self, shard: &mut PopShard, due: &Due, now: i64, rows: &mut StorageBatch) {
        let Some((name, queue, times)) = shard.queue_mut(&due.group, due.queue) else { return };
        queue.order_due = None;
        let Some(order) = &queue.order else { return };
        let end = order.pop_time.saturating_add(KNOWN).max(due.at);
        if due.at < end {
            queue.set_order_due((&name, due.queue), times, Some(end.max(now + 1)));
            return;
        }
        let free = InFlight::batch(order.len());
        queue.order = None;
        rows.delete(StorageTable::Popped, row::order_key(&due.group, due.queue));
        self.free(shard, &due.group, due.queue, free);
    }

    /// Notes that the messages of a batch are delivered again, and its row is deleted.
    pub(crate) fn revived(&self, batch: &DueBatch) {
        let mut shard = self.shards.of(&batch.group);
        let Some((_, queue, _)) = shard.queue_mut(&batch.group, batch.queue) else { return };
        if let Some(known) = queue.batches.remove(&batch.key) {
            let free = InFlight::batch(known.len());
            self.free(&mut shard, &batch.group, batch.queue, free);
        }
    }

    /// Notes that a batch could not be delivered now.
    pub(crate) fn postpone(&self, batch: &DueBatch, now: i64) {
        let mut shard = self.shards.of(&batch.group);
        let Some((group, queue, due)) = shard.queue_mut(&batch.group, batch.queue) else { return };
        if let Some(known) = queue.batches.get_mut(&batch.key) {
            known.due = now + (1000 << known.tries.min(MAX_TRIES));
            known.tries = known.tries.saturating_add(1);
            known.reviving = false;
            let (at, item) = (known.due, DueItem::Batch(batch.key));
            due.insert(Due { at, group, queue: batch.queue, item });
            self.wake_before(at);
        }
    }

    fn free(&self, shard: &mut PopShard, group: &str, queue: u32, free: InFlight) {
        if let Some(group) = shard.group_mut(group) {
            group.in_flight.remove(free);
        }
        self.total.remove(free);
        shard.clean(group, queue);
    }
}

fn take_batch(shard: &mut PopShard, due: &Due, key: BatchKey) -> Option<DueBatch> {
    let (group, queue, _): (_, &mut PopQueue, _) = shard.queue_mut(&due.group, due.queue)?;
    let batch = queue.batches.get_mut(&key)?;
    batch.reviving = true;
    let offsets = batch.offsets(key.start).collect();
    Some(DueBatch { group, queue: due.queue, key, offsets, suspended: batch.suspended })
}
