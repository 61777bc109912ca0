//! The end of popped messages: acknowledgements, and changes of the time at which they are visible.

use super::batch::{Batch, BatchKey};
use super::limits::InFlight;
use super::queues::{Due, DueItem, PopQueue};
use super::{Pops, row};
use crate::log::Log;
use crate::offsets::OffsetError;
use crate::room::Taken;
use crate::storage::{StorageBatch, StorageTable};
use std::collections::BTreeSet;
use std::sync::Arc;

/// A group, and the number of a queue.
#[derive(Clone, Copy, Debug)]
pub(crate) struct GroupQueue<'a> {
    pub(crate) group: &'a str,
    pub(crate) number: u32,
}

/// A new time at which a message is visible.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Change {
    pub(crate) key: BatchKey,
    pub(crate) offset: i64,
    pub(crate) now: i64,
    /// The time from now, in milliseconds.
    pub(crate) invisible: i64,
    /// The next delivery does not count as a retry.
    pub(crate) suspended: bool,
}

impl Pops {
    /// Notes that messages of a batch are acknowledged: those whose distances from its start `acked`
    /// accepts. Those that are not in flight have no effect, as in Java's broker: they were acknowledged
    /// before, or are delivered again.
    pub(crate) fn acknowledge(
        &self,
        (log, room): (&Log, Taken),
        of: GroupQueue<'_>,
        key: BatchKey,
        acked: impl Fn(u16) -> bool,
    ) -> Result<(), OffsetError> {
        let mut shard = self.shards.of(of.group);
        let Some((name, queue, due)) = shard.queue_mut(of.group, of.number) else { return Ok(()) };
        let mut rows = StorageBatch::default();
        let at = Place { group: &name, number: of.number, key };
        let free = at.take(queue, due, acked, &mut rows);
        if free.messages == 0 {
            return Ok(());
        }
        let queued = queue.write(&name, of.number, log, room, rows);
        if let Some(group) = shard.group_mut(of.group) {
            group.in_flight.remove(free);
        }
        self.total.remove(free);
        shard.clean(of.group, of.number);
        queued
    }

    /// Moves a message to a batch of its own, which is due at a time of its own. Returns the time of the
    /// pop in its new handle, or `None` if the message is not in flight.
    pub(crate) fn change(
        &self,
        (log, room): (&Log, Taken),
        of: GroupQueue<'_>,
        change: &Change,
    ) -> Result<Option<i64>, OffsetError> {
        let mut shard = self.shards.of(of.group);
        let distance = change.offset.checked_sub(change.key.start);
        let is_it = |of: u16| distance == Some(of.into());
        let Some((_, queue, _)) = shard.queue_mut(of.group, of.number) else { return Ok(None) };
        let known = queue.batches.get(&change.key).filter(|batch| batch.has(is_it));
        // The last message of a batch takes its room with it.
        let more = match known {
            None => return Ok(None),
            Some(batch) if batch.len() == 1 => InFlight::default(),
            Some(_) => InFlight::batch(0),
        };
        let Some(group) = shard.group_mut(of.group) else { return Ok(None) };
        if !group.in_flight.add_within(more, self.limits.of_group) {
            return Err(OffsetError::NoRoom);
        }
        if !self.total.add_within(more, self.limits.total) {
            group.in_flight.remove(more);
            return Err(OffsetError::NoRoom);
        }
        let Some((name, queue, due)) = shard.queue_mut(of.group, of.number) else {
            return Ok(None);
        };
        let mut rows = StorageBatch::default();
        let at = Place { group: &name, number: of.number, key: change.key };
        at.take(queue, due, is_it, &mut rows);
        let pop_time = change.now.max(change.key.pop_time.saturating_add(1));
        let mut key = BatchKey { start: change.offset, pop_time };
        while queue.batches.contains_key(&key) {
            key.pop_time += 1;
        }
        let at = key.pop_time.saturating_add(change.invisible.max(0));
        let batch = Batch::moved(at, change.suspended);
        let row = row::batch_key(&name, of.number, key);
        rows.put(StorageTable::Popped, row, row::batch_value(&batch));
        let item = DueItem::Batch(key);
        due.insert(Due { at, group: Arc::clone(&name), queue: of.number, item });
        queue.batches.insert(key, batch);
        self.wake_before(at);
        queue.write(&name, of.number, log, room, rows)?;
        Ok(Some(key.pop_time))
    }
}

/// A batch of a group and queue.
struct Place<'a> {
    group: &'a Arc<str>,
    number: u32,
    key: BatchKey,
}

impl Place<'_> {
    /// Takes messages out of the batch, and adds the changes of its row. Returns what they took.
    fn take(
        &self,
        queue: &mut PopQueue,
        due: &mut BTreeSet<Due>,
        taken: impl Fn(u16) -> bool,
        rows: &mut StorageBatch,
    ) -> InFlight {
        let batch = queue.batches.get_mut(&self.key).filter(|batch| !batch.reviving);
        let Some(batch) = batch else { return InFlight::default() };
        let messages = batch.take(taken);
        if messages == 0 {
            return InFlight::default();
        }
        let row = row::batch_key(self.group, self.number, self.key);
        if batch.len() > 0 {
            rows.put(StorageTable::Popped, row, row::batch_value(batch));
            return InFlight::part(messages);
        }
        rows.delete(StorageTable::Popped, row);
        let (at, item) = (batch.due, DueItem::Batch(self.key));
        due.remove(&Due { at, group: Arc::clone(self.group), queue: self.number, item });
        queue.batches.remove(&self.key);
        InFlight::batch(messages)
    }
}

impl PopQueue {
    /// Queues a write of changed rows.
    pub(super) fn write(
        &mut self,
        group: &str,
        number: u32,
        log: &Log,
        room: Taken,
        mut rows: StorageBatch,
    ) -> Result<(), OffsetError> {
        let mut all = StorageBatch::default();
        let chain = self.chain(group, number, &mut all);
        // After what is written once more, as the last change of a row counts.
        std::mem::swap(&mut all, &mut rows);
        rows.append(all);
        Ok(log.queue(room, rows, &chain)?)
    }
}
