//! The end of messages that were popped in order.

use super::limits::InFlight;
use super::settle::GroupQueue;
use super::{GroupOffset, OrderAck, Pops, row};
use crate::log::Log;
use crate::offsets::{OffsetError, Offsets};
use crate::room::Taken;
use crate::storage::{StorageBatch, StorageTable};

impl Pops {
    /// Notes that a message is acknowledged, at `now`. If it was the first one, the group's offset moves on.
    pub(crate) fn acknowledge_in_order(
        &self,
        (log, room): (&Log, Taken),
        offsets: &Offsets,
        of: GroupQueue<'_>,
        message: GroupOffset<'_>,
        (pop_time, now): (i64, i64),
    ) -> Result<OrderAck, OffsetError> {
        let GroupOffset { topic, queue_id, offset } = message;
        let mut shard = self.shards.of(of.group);
        let current = offsets.get(of.group, topic, queue_id).unwrap_or(0);
        if offset < current {
            return Ok(OrderAck::Stale);
        }
        let Some((name, queue, due)) = shard.queue_mut(of.group, of.number) else {
            return Ok(OrderAck::Unknown);
        };
        let Some(order) = &mut queue.order else { return Ok(OrderAck::Unknown) };
        let ack = order.acknowledge(offset, pop_time);
        let OrderAck::Consumed { first, next } = ack else { return Ok(ack) };
        let (done, blocks) = (order.is_done(), order.blocks(None, now));
        let mut rows = StorageBatch::default();
        // Not if the offset was set to another place meanwhile.
        if first <= current && current < next {
            offsets.advance(of.group, topic, queue_id, next, &mut rows)?;
        }
        let row = row::order_key(&name, of.number);
        let mut free = InFlight::default();
        if done {
            free = InFlight::batch(order.len());
            rows.delete(StorageTable::Popped, row);
            queue.order = None;
            queue.set_order_due((&name, of.number), due, None);
        } else {
            rows.put(StorageTable::Popped, row, order.encode());
            let visible = order.visible_at();
            queue.set_order_due((&name, of.number), due, visible);
            visible.into_iter().for_each(|at| self.wake_before(at));
        }
        let queued = queue.write(&name, of.number, log, room, rows);
        if let Some(group) = shard.group_mut(of.group) {
            group.in_flight.remove(free);
        }
        self.total.remove(free);
        shard.clean(of.group, of.number);
        drop(shard);
        if !blocks {
            self.changed(of.group);
        }
        queued.map(|()| ack)
    }

    /// Sets the time at which a message is visible again. Returns false if it is not in flight.
    pub(crate) fn change_in_order(
        &self,
        (log, room): (&Log, Taken),
        of: GroupQueue<'_>,
        (offset, pop_time): (i64, i64),
        visible: i64,
    ) -> Result<bool, OffsetError> {
        let mut shard = self.shards.of(of.group);
        let Some((name, queue, due)) = shard.queue_mut(of.group, of.number) else {
            return Ok(false);
        };
        let Some(order) = &mut queue.order else { return Ok(false) };
        if !order.set_visible(offset, pop_time, visible) {
            return Ok(false);
        }
        let mut rows = StorageBatch::default();
        rows.put(StorageTable::Popped, row::order_key(&name, of.number), order.encode());
        let at = order.visible_at();
        queue.set_order_due((&name, of.number), due, at);
        at.into_iter().for_each(|at| self.wake_before(at));
        queue.write(&name, of.number, log, room, rows)?;
        Ok(true)
    }
}
