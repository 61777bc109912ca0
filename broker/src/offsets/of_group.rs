//! The offsets of a group, or of a topic: lists of them, and their removal. These functions look through
//! the whole table, which may take some milliseconds: they are for threads that may block.

use super::{Offsets, key, pair};
use crate::sharded::shrink;
use crate::storage::{StorageBatch, StorageTable};
use std::collections::HashSet;

/// The offsets of a group in a topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OffsetPair {
    pub(crate) group: String,
    pub(crate) topic: String,
    /// By the queue's id; -1 for no offset.
    pub(crate) offsets: Vec<i64>,
}

impl OffsetPair {
    /// Returns the ids of the queues that have an offset, with it.
    pub(crate) fn queues(&self) -> impl Iterator<Item = (u16, i64)> + '_ {
        let queues = (0..).zip(&self.offsets).map(|(queue, offset)| (queue, *offset));
        queues.filter(|(_, offset)| *offset >= 0)
    }

    /// Adds the deletion of the rows in the store, one for each queue.
    pub(crate) fn delete_rows(&self, rows: &mut Vec<StorageBatch>, at_a_time: usize) {
        for (queue, _) in self.queues() {
            if rows.last().is_none_or(|batch| batch.len() >= at_a_time) {
                rows.push(StorageBatch::default());
            }
            if let Some(batch) = rows.last_mut() {
                batch.delete(StorageTable::Offsets, key(&self.group, &self.topic, queue));
            }
        }
    }
}

impl Offsets {
    /// Returns the offsets of a group in a topic, by the queue's id; -1 for no offset.
    pub(crate) fn of(&self, group: &str, topic: &str) -> Vec<i64> {
        self.tables.of(group).get(&pair(group, topic)).cloned().unwrap_or_default()
    }

    /// Returns the topics in which a group has offsets, sorted.
    pub(crate) fn topics_of(&self, group: &str) -> Vec<String> {
        let tables = self.tables.of(group);
        let pairs = tables.keys().filter_map(|pair| pair.split_once('\0'));
        let topics = pairs.filter(|(of, _)| *of == group).map(|(_, topic)| topic.to_owned());
        let mut topics: Vec<_> = topics.collect();
        drop(tables);
        topics.sort_unstable();
        topics
    }

    /// Returns the groups that have offsets.
    pub(crate) fn groups(&self) -> HashSet<Box<str>> {
        let mut groups = HashSet::new();
        for tables in self.tables.each() {
            for (group, _) in tables.keys().filter_map(|pair| pair.split_once('\0')) {
                if !groups.contains(group) {
                    groups.insert(group.into());
                }
            }
        }
        groups
    }

    /// Returns the groups that have offsets in a topic, sorted.
    pub(crate) fn groups_of(&self, topic: &str) -> Vec<String> {
        let mut groups = Vec::new();
        for tables in self.tables.each() {
            let pairs = tables.keys().filter_map(|pair| pair.split_once('\0'));
            groups.extend(pairs.filter(|(_, of)| *of == topic).map(|(group, _)| group.to_owned()));
        }
        groups.sort_unstable();
        groups
    }

    /// Removes the offsets of all groups and topics for which `gone` returns true, from memory only.
    pub(crate) fn remove(&self, gone: impl Fn(&str, &str) -> bool) -> Vec<OffsetPair> {
        self.forget_resets(&gone);
        let mut removed = Vec::new();
        for mut tables in self.tables.each() {
            tables.retain(|pair, table| {
                let Some((group, topic)) = pair.split_once('\0') else { return true };
                if !gone(group, topic) {
                    return true;
                }
                self.give_back(pair, table);
                let (group, topic) = (group.to_owned(), topic.to_owned());
                removed.push(OffsetPair { group, topic, offsets: std::mem::take(table) });
                false
            });
            shrink(&mut tables);
        }
        removed
    }

    /// Puts back what was removed, except for what was set meanwhile.
    pub(crate) fn put_back(&self, removed: Vec<OffsetPair>) {
        for pair in removed {
            for (queue, offset) in pair.queues() {
                if self.get(&pair.group, &pair.topic, queue.into()).is_none() {
                    // It had room before; what has taken it meanwhile is stored as well.
                    _ = self.note(&pair.group, &pair.topic, queue, offset);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{OffsetLimits, Offsets};
    use crate::Flush;
    use crate::log::Log;
    use crate::storage::MemoryStorage;
    use std::sync::Arc;
    use std::sync::atomic::Ordering::Relaxed;

    #[tokio::test]
    async fn offsets_are_listed_removed_and_put_back_by_group_and_topic() {
        let log = Log::start(Arc::new(MemoryStorage::default()), Flush::Sync).unwrap();
        let offsets = Offsets::open(Arc::new(log), OffsetLimits::DEFAULT).unwrap();
        for (group, topic, queue) in [("g", "T", 2), ("g", "U", 0), ("h", "T", 0)] {
            offsets.store(group, topic, queue, 7).await.unwrap();
        }
        assert_eq!(offsets.of("g", "T"), [-1, -1, 7]);
        assert_eq!(offsets.topics_of("g"), ["T", "U"]);
        assert_eq!(offsets.groups_of("T"), ["g", "h"]);
        assert_eq!(offsets.groups(), ["g".into(), "h".into()].into());
        let used = || (offsets.pairs.load(Relaxed), offsets.bytes.load(Relaxed));
        let before = used();
        let removed = offsets.remove(|_, topic| topic == "T");
        assert_eq!((removed.len(), offsets.get("g", "T", 2)), (2, None));
        assert_eq!(offsets.topics_of("g"), ["U"]);
        let mut rows = Vec::new();
        removed.iter().for_each(|pair| pair.delete_rows(&mut rows, 1));
        assert_eq!(rows.iter().map(|batch| batch.len()).collect::<Vec<_>>(), [1, 1]);
        offsets.put_back(removed);
        assert_eq!((offsets.get("g", "T", 2), used()), (Some(7), before));
        drop(offsets.remove(|_, _| true));
        assert_eq!(used(), (0, 0));
    }
}
