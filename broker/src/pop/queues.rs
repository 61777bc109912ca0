//! The popped messages of groups and queues, in memory.

use super::batch::{Batch, BatchKey};
use super::limits::InFlight;
use super::order::OrderState;
use super::row;
use crate::log::WriteChain;
use crate::storage::{StorageBatch, StorageTable};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// Some of the groups, and the order in which what they have popped is due.
#[derive(Debug, Default)]
pub(super) struct PopShard {
    groups: HashMap<Arc<str>, PopGroup>,
    pub(super) due: BTreeSet<Due>,
}

/// A batch, or messages in order, with the time at which they are due, in ms since 1970.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Due {
    pub(super) at: i64,
    pub(super) group: Arc<str>,
    /// The number of the queue.
    pub(super) queue: u32,
    pub(super) item: DueItem,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum DueItem {
    Batch(BatchKey),
    Order,
}

#[derive(Debug, Default)]
pub(super) struct PopGroup {
    pub(super) in_flight: InFlight,
    /// By the numbers of the queues.
    queues: HashMap<u32, PopQueue>,
}

/// The messages that a group has popped from a queue.
#[derive(Debug, Default)]
pub(super) struct PopQueue {
    /// A pop is running.
    pub(super) is_leased: bool,
    /// Another pop has found it running.
    pub(super) is_wanted: bool,
    pub(super) batches: BTreeMap<BatchKey, Batch>,
    pub(super) order: Option<OrderState>,
    /// When the messages in order are visible, or forgotten.
    pub(super) order_due: Option<i64>,
    /// The writes of all this.
    chain: Arc<WriteChain>,
}

impl PopQueue {
    fn is_idle(&self) -> bool {
        !self.is_leased && self.batches.is_empty() && self.order.is_none()
    }

    /// Sets when the messages in order are due.
    pub(super) fn set_order_due(
        &mut self,
        (group, number): (&Arc<str>, u32),
        due: &mut BTreeSet<Due>,
        at: Option<i64>,
    ) {
        let entry = |at| Due { at, group: Arc::clone(group), queue: number, item: DueItem::Order };
        if let Some(before) = std::mem::replace(&mut self.order_due, at) {
            due.remove(&entry(before));
        }
        due.extend(at.map(entry));
    }

    /// Returns the chain to which the next write belongs. If the store has failed at a write, that is a new
    /// one, and `rows` gets all that may be lost.
    pub(super) fn chain(
        &mut self,
        group: &str,
        queue: u32,
        rows: &mut StorageBatch,
    ) -> Arc<WriteChain> {
        if self.chain.is_broken() {
            self.chain = Arc::default();
            for (key, batch) in &self.batches {
                let key = row::batch_key(group, queue, *key);
                rows.put(StorageTable::Popped, key, row::batch_value(batch));
            }
            if let Some(order) = &self.order {
                rows.put(StorageTable::Popped, row::order_key(group, queue), order.encode());
            }
        }
        Arc::clone(&self.chain)
    }
}

impl PopShard {
    pub(super) fn group_mut(&mut self, group: &str) -> Option<&mut PopGroup> {
        self.groups.get_mut(group)
    }

    /// Returns the name that the group has in memory, its queue, and the order of times. Creates what is
    /// missing.
    pub(super) fn entry(
        &mut self,
        group: &str,
        queue: u32,
    ) -> (Arc<str>, &mut PopQueue, &mut BTreeSet<Due>) {
        let known = self.groups.get_key_value(group).map(|(name, _)| Arc::clone(name));
        let name = known.unwrap_or_else(|| group.into());
        let group = self.groups.entry(Arc::clone(&name)).or_default();
        (name, group.queues.entry(queue).or_default(), &mut self.due)
    }

    /// Returns what [`entry`](Self::entry) does, if it is there.
    pub(super) fn queue_mut(
        &mut self,
        group: &str,
        queue: u32,
    ) -> Option<(Arc<str>, &mut PopQueue, &mut BTreeSet<Due>)> {
        let (name, _) = self.groups.get_key_value(group)?;
        let name = Arc::clone(name);
        let queue = self.groups.get_mut(group)?.queues.get_mut(&queue)?;
        Some((name, queue, &mut self.due))
    }

    /// Forgets a queue, and its group, if nothing is left of them.
    pub(super) fn clean(&mut self, group: &str, queue: u32) {
        let Some(known) = self.groups.get_mut(group) else { return };
        if known.queues.get(&queue).is_some_and(PopQueue::is_idle) {
            known.queues.remove(&queue);
            crate::sharded::shrink(&mut known.queues);
        }
        if known.queues.is_empty() {
            self.groups.remove(group);
            crate::sharded::shrink(&mut self.groups);
        }
    }
}
