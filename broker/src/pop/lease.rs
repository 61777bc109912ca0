//! A pop of a group from a queue, which excludes others of that group and queue.

use super::batch::{Batch, BatchKey};
use super::handle::OrderCounts;
use super::limits::InFlight;
use super::order::OrderState;
use super::queues::{Due, DueItem};
use super::{Pops, row};
use crate::log::Log;
use crate::offsets::{OffsetError, Offsets};
use crate::room::Taken;
use crate::storage::{StorageBatch, StorageTable};
use std::sync::Arc;

/// The right to pop. Dropping it gives it back, and the room for messages that is left.
#[derive(Debug)]
pub(crate) struct PopLease<'a> {
    pub(super) pops: &'a Pops,
    pub(super) group: Arc<str>,
    /// The number of the queue.
    pub(super) queue: u32,
    pub(super) reserved: InFlight,
}

/// The offset of a group in a queue.
#[derive(Clone, Copy, Debug)]
pub(crate) struct GroupOffset<'a> {
    pub(crate) topic: &'a str,
    pub(crate) queue_id: i32,
    pub(crate) offset: i64,
}

/// A pop in order.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OrderedPop<'a> {
    pub(crate) attempt: Option<&'a str>,
    pub(crate) pop_time: i64,
    /// In milliseconds.
    pub(crate) invisible: i64,
    pub(crate) queue_id: i32,
    pub(crate) offsets: &'a [i64],
}

impl PopLease<'_> {
    /// Returns whether a pop in order has to wait, at `now`.
    pub(crate) fn is_blocked(&self, attempt: Option<&str>, now: i64) -> bool {
        self.pops.is_blocked(&self.group, self.queue, attempt, now)
    }

    /// Takes room for a batch of this number of messages. Returns whether there was room.
    pub(crate) fn reserve(&mut self, messages: usize) -> bool {
        let more = InFlight::batch(messages);
        let limits = self.pops.limits;
        let mut shard = self.pops.shards.of(&self.group);
        let Some(group) = shard.group_mut(&self.group) else { return false };
        if !group.in_flight.add_within(more, limits.of_group) {
            return false;
        }
        if !self.pops.total.add_within(more, limits.total) {
            group.in_flight.remove(more);
            return false;
        }
        self.reserved = more;
        true
    }

    /// Notes a batch, and that the group is at the offset after it: with one write, so that a crash loses
    /// both or none.
    pub(crate) fn pop(
        mut self,
        (log, room): (&Log, Taken),
        offsets: &Offsets,
        next: GroupOffset<'_>,
        key: BatchKey,
        batch: Batch,
    ) -> Result<(), OffsetError> {
        let mut rows = StorageBatch::default();
        let mut shard = self.pops.shards.of(&self.group);
        let Some((_, queue, due)) = shard.queue_mut(&self.group, self.queue) else { return Ok(()) };
        offsets.advance(&self.group, next.topic, next.queue_id, next.offset, &mut rows)?;
        let chain = queue.chain(&self.group, self.queue, &mut rows);
        let row = row::batch_key(&self.group, self.queue, key);
        rows.put(StorageTable::Popped, row, row::batch_value(&batch));
        log.queue(room, rows, &chain)?;
        let taken = InFlight::batch(batch.len());
        due.insert(Due {
            at: batch.due,
            group: Arc::clone(&self.group),
            queue: self.queue,
            item: DueItem::Batch(key),
        });
        self.pops.wake_before(batch.due);
        queue.batches.insert(key, batch);
        drop(shard);
        self.reserved.remove(taken);
        Ok(())
    }

    /// Returns whether the group has a batch with this key.
    pub(crate) fn has(&self, key: BatchKey) -> bool {
        let mut shard = self.pops.shards.of(&self.group);
        let queue = shard.queue_mut(&self.group, self.queue);
        queue.is_some_and(|(_, queue, _)| queue.batches.contains_key(&key))
    }

    /// Notes messages that are popped in order.
    pub(crate) fn pop_in_order(
        mut self,
        (log, room): (&Log, Taken),
        pop: &OrderedPop<'_>,
    ) -> Result<Option<OrderCounts>, OffsetError> {
        let mut shard = self.pops.shards.of(&self.group);
        let Some((_, queue, due)) = shard.queue_mut(&self.group, self.queue) else {
            return Ok(None);
        };
        let OrderedPop { attempt, pop_time, invisible, queue_id, offsets } = *pop;
        let before = queue.order.as_ref();
        let state = OrderState::popped(before, attempt, pop_time, invisible, offsets, queue_id);
        let Some((state, counts)) = state else { return Ok(None) };
        let mut rows = StorageBatch::default();
        let chain = queue.chain(&self.group, self.queue, &mut rows);
        let row = row::order_key(&self.group, self.queue);
        rows.put(StorageTable::Popped, row, state.encode());
        log.queue(room, rows, &chain)?;
        let at = state.visible_at().unwrap_or(pop_time);
        let taken = InFlight::batch(state.len());
        queue.set_order_due((&self.group, self.queue), due, Some(at));
        let before = queue.order.replace(state);
        drop(shard);
        // The messages that these replace have no room any more.
        let free = before.map_or_else(InFlight::default, |before| InFlight::batch(before.len()));
        self.reserved.add(free);
        self.pops.wake_before(at);
        self.reserved.remove(taken);
        Ok(Some(counts))
    }

    /// Forgets the messages in order, so that they do not block the queue any more.
    pub(crate) fn forget_order(&self, (log, room): (&Log, Taken)) -> Result<(), OffsetError> {
        let mut shard = self.pops.shards.of(&self.group);
        let Some((_, queue, due)) = shard.queue_mut(&self.group, self.queue) else { return Ok(()) };
        let Some(order) = queue.order.take() else { return Ok(()) };
        queue.set_order_due((&self.group, self.queue), due, None);
        let mut rows = StorageBatch::default();
        rows.delete(StorageTable::Popped, row::order_key(&self.group, self.queue));
        let queued = queue.write(&self.group, self.queue, log, room, rows);
        let free = InFlight::batch(order.len());
        if let Some(group) = shard.group_mut(&self.group) {
            group.in_flight.remove(free);
        }
        self.pops.total.remove(free);
        queued
    }

    /// Sets the offset of the group, without popping messages.
    pub(crate) fn skip(
        &self,
        (log, room): (&Log, Taken),
        offsets: &Offsets,
        next: GroupOffset<'_>,
    ) -> Result<(), OffsetError> {
        let mut rows = StorageBatch::default();
        let mut shard = self.pops.shards.of(&self.group);
        let Some((_, queue, _)) = shard.queue_mut(&self.group, self.queue) else { return Ok(()) };
        offsets.advance(&self.group, next.topic, next.queue_id, next.offset, &mut rows)?;
        let chain = queue.chain(&self.group, self.queue, &mut rows);
        Ok(log.queue(room, rows, &chain)?)
    }
}

impl Drop for PopLease<'_> {
    fn drop(&mut self) {
        let mut shard = self.pops.shards.of(&self.group);
        if let Some(group) = shard.group_mut(&self.group) {
            group.in_flight.remove(self.reserved);
        }
        self.pops.total.remove(self.reserved);
        let Some((_, queue, _)) = shard.queue_mut(&self.group, self.queue) else { return };
        queue.is_leased = false;
        let wanted = std::mem::take(&mut queue.is_wanted);
        shard.clean(&self.group, self.queue);
        drop(shard);
        if wanted {
            self.pops.changed(&self.group);
        }
    }
}
