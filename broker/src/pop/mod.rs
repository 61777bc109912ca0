//! Popped messages: those that the broker has given to a consumer of a group, and that are not acknowledged.
//!
//! A group's offset in a queue moves on with each pop. What was popped is a row in the store, one for each
//! pop and queue, which is written together with the offset: a crash loses both or none, so that a pop need
//! not wait for the disk. An acknowledgement changes or deletes the row. When a row is due, its messages are
//! stored once more, in a retry topic of the group, with the same write that deletes it.
//!
//! Groups that pop in order have one row for each queue instead, with the messages of the last pop, and get
//! the same messages again; their offset moves on when messages are acknowledged.

mod batch;
mod handle;
mod lease;
mod limits;
mod modes;
mod order;
mod queues;
mod revival;
mod row;
mod settle;
mod settle_order;
mod shared;

pub(crate) use batch::{Batch, BatchKey, MAX_MESSAGES};
pub(crate) use handle::{Handle, HandleOf, PoppedOffsets, marked_topic, revive_queue};
pub(crate) use lease::{GroupOffset, OrderedPop, PopLease};
#[cfg(test)]
pub(crate) use limits::InFlight;
pub(crate) use limits::PopLimits;
pub(crate) use modes::{RequestMode, RequestModes};
pub(crate) use order::OrderAck;
pub(crate) use revival::DueBatch;
pub(crate) use settle::{Change, GroupQueue};

use crate::log::Log;
use crate::sharded::Sharded;
use crate::storage::StorageTable;
use limits::Total;
use queues::{Due, DueItem, PopShard};
use rocketmq_tower::BoxError;
use row::RowItem;
use shared::{Named, SharedByName};
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicI64, Ordering::SeqCst};
use tokio::sync::{Mutex, Notify};

/// The popped messages of all groups, by group.
#[derive(Debug)]
pub(crate) struct Pops {
    shards: Sharded<PopShard>,
    limits: PopLimits,
    total: Total,
    /// The time up to which the job sleeps that delivers what is due, in ms since 1970.
    next_due: AtomicI64,
    due_earlier: Notify,
    /// Of groups that wait: notified when messages of a queue are visible that was blocked.
    changes: SharedByName<Notify>,
    /// Of the pops that wait for the same messages, only the one that has the lock looks for them.
    turns: SharedByName<Mutex<()>>,
}

impl Pops {
    /// Reads from the store what was popped.
    pub(crate) fn open(log: &Log, limits: PopLimits) -> Result<Self, BoxError> {
        let pops = Self {
            shards: Sharded::default(),
            limits,
            total: Total::default(),
            next_due: AtomicI64::new(i64::MIN),
            due_earlier: Notify::new(),
            changes: SharedByName::default(),
            turns: SharedByName::default(),
        };
        let mut unknown = false;
        log.storage().scan(StorageTable::Popped, b""..row::END, &mut |key, value| {
            match row::parse(key, value) {
                // More than the limits, too, if they are stored.
                Some(row) => pops.restore(&row.group, row.queue, row.item),
                None => unknown = true,
            }
            ControlFlow::Continue(())
        })?;
        if unknown { Err("a popped message in an unknown form".into()) } else { Ok(pops) }
    }

    fn restore(&self, group: &str, number: u32, item: RowItem) {
        let mut shard = self.shards.of(group);
        let (name, queue, due) = shard.entry(group, number);
        let (at, item, taken) = match item {
            RowItem::Batch(key, batch) => {
                let (at, taken) = (batch.due, limits::InFlight::batch(batch.len()));
                queue.batches.insert(key, batch);
                (at, DueItem::Batch(key), taken)
            }
            RowItem::Order(order) => {
                let at = order.visible_at().unwrap_or(order.pop_time);
                let taken = limits::InFlight::batch(order.len());
                queue.order_due = Some(at);
                queue.order = Some(order);
                (at, DueItem::Order, taken)
            }
        };
        due.insert(Due { at, group: name, queue: number, item });
        if let Some(group) = shard.group_mut(group) {
            group.in_flight.add(taken);
        }
        self.total.add(taken);
    }

    /// Returns the right to pop from a queue. `None` if another pop of the group has it; then the group is
    /// notified of a change when that has ended.
    pub(crate) fn lease(&self, group: &str, number: u32) -> Option<PopLease<'_>> {
        let mut shard = self.shards.of(group);
        let (group, queue, _) = shard.entry(group, number);
        if queue.is_leased {
            queue.is_wanted = true;
            return None;
        }
        queue.is_leased = true;
        Some(PopLease { pops: self, group, queue: number, reserved: Default::default() })
    }

    /// Returns whether a pop in order has to wait, at `now`.
    pub(crate) fn is_blocked(
        &self,
        group: &str,
        number: u32,
        attempt: Option<&str>,
        now: i64,
    ) -> bool {
        let mut shard = self.shards.of(group);
        let queue = shard.queue_mut(group, number);
        let order = queue.and_then(|(_, queue, _)| queue.order.as_ref());
        order.is_some_and(|order| order.blocks(attempt, now))
    }

    /// Returns the signal of a group, which is notified when messages are visible that were not.
    pub(crate) fn changes(&self, group: &str) -> Named<'_, Notify> {
        self.changes.get(group)
    }

    /// Returns the lock of pops that wait for the same messages.
    pub(crate) fn turn(&self, name: &str) -> Named<'_, Mutex<()>> {
        self.turns.get(name)
    }

    /// Wakes the pops of a group that wait.
    fn changed(&self, group: &str) {
        if let Some(changes) = self.changes.known(group) {
            changes.notify_waiters();
        }
    }

    /// Wakes the job that delivers what is due, if it would sleep longer.
    fn wake_before(&self, due: i64) {
        if due < self.next_due.load(SeqCst) {
            self.due_earlier.notify_one();
        }
    }

    /// Returns what is in flight.
    #[cfg(test)]
    pub(crate) fn in_flight(&self) -> InFlight {
        self.total.get()
    }
}
