//! Statistics of groups of consumers: what they get, and what they send back.

use super::item::StatsItem;
use crate::sharded::{Sharded, shrink};
use rocketmq_tower_core::sync::lock;
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex};

/// The maximum number of pairs of group and topic that are counted.
const MAX_PAIRS: usize = 20_000;

/// The maximum number of queues for which it is noted how far groups have pulled.
const MAX_PULLED: usize = 1_000_000;

/// The statistics of a group in a topic.
#[derive(Debug, Default)]
pub(crate) struct GroupStats {
    pub(crate) gets: StatsItem,
    pub(crate) send_backs: StatsItem,
    /// The offset after the last pull, by the queue's id; 0 if that is not known.
    pulled: Mutex<Vec<i64>>,
}

impl GroupStats {
    /// Returns the offset after the last pull from a queue, by its id; 0 if that is not known.
    pub(crate) fn pulled(&self, queue: usize) -> i64 {
        lock(&self.pulled).get(queue).copied().unwrap_or(0)
    }
}

type ByTopic = HashMap<Box<str>, Arc<GroupStats>>;

/// The statistics of all groups.
#[derive(Debug, Default)]
pub(crate) struct GroupsStats {
    /// By group: a look-up allocates nothing.
    tables: Sharded<HashMap<Box<str>, ByTopic>>,
    count: AtomicUsize,
    /// The number of queues with an offset.
    pulled: AtomicUsize,
}

impl GroupsStats {
    pub(crate) fn get(&self, group: &str, topic: &str) -> Option<Arc<GroupStats>> {
        self.tables.of(group).get(group)?.get(topic).cloned()
    }

    /// Returns those of a group in a topic, and begins to count if there is room.
    pub(crate) fn used(&self, group: &str, topic: &str) -> Option<Arc<GroupStats>> {
        let mut tables = self.tables.of(group);
        if let Some(known) = tables.get(group).and_then(|topics| topics.get(topic)) {
            return Some(Arc::clone(known));
        }
        if self.count.fetch_add(1, Relaxed) >= MAX_PAIRS {
            self.count.fetch_sub(1, Relaxed);
            return None;
        }
        let new = Arc::<GroupStats>::default();
        tables.entry(group.into()).or_default().insert(topic.into(), Arc::clone(&new));
        Some(new)
    }

    /// Notes the offset after a pull of a group from a queue, if there is room.
    pub(crate) fn pulled(&self, stats: &GroupStats, queue: usize, next: i64) {
        let mut pulled = lock(&stats.pulled);
        if let Some(known) = pulled.get_mut(queue) {
            *known = next;
            return;
        }
        let more = queue + 1 - pulled.len();
        if self.pulled.fetch_add(more, Relaxed) + more > MAX_PULLED {
            self.pulled.fetch_sub(more, Relaxed);
            return;
        }
        pulled.resize(queue, 0);
        pulled.push(next);
    }

    /// Takes a sample of all of them. Those that were idle for a day are removed.
    pub(super) fn sample(&self, now: i64, turn: u64, histories: &AtomicUsize) {
        self.retain(histories, |_, _, stats| {
            let gets = stats.gets.sample(now, turn, histories);
            stats.send_backs.sample(now, turn, histories) || gets
        });
    }

    /// Removes those of groups and topics for which `gone` returns true.
    pub(super) fn remove(&self, histories: &AtomicUsize, gone: impl Fn(&str, &str) -> bool) {
        self.retain(histories, |group, topic, _| !gone(group, topic));
    }

    fn retain(&self, histories: &AtomicUsize, keep: impl Fn(&str, &str, &GroupStats) -> bool) {
        for mut tables in self.tables.each() {
            tables.retain(|group, topics| {
                topics.retain(|topic, stats| {
                    let kept = keep(group, topic, stats);
                    if !kept {
                        stats.gets.forget(histories);
                        stats.send_backs.forget(histories);
                        self.count.fetch_sub(1, Relaxed);
                        let pulled = std::mem::take(&mut *lock(&stats.pulled));
                        self.pulled.fetch_sub(pulled.len(), Relaxed);
                    }
                    kept
                });
                !topics.is_empty()
            });
            shrink(&mut tables);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{GroupsStats, MAX_PAIRS, MAX_PULLED};
    use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

    #[test]
    fn pairs_are_bounded_and_removed() {
        let (stats, histories) = (GroupsStats::default(), AtomicUsize::new(0));
        stats.used("g", "T").unwrap().gets.add(1, 10);
        for topic in 1..MAX_PAIRS {
            stats.used("h", &topic.to_string()).unwrap();
        }
        assert!(stats.used("i", "T").is_none());
        stats.sample(0, 0, &histories);
        assert_eq!(stats.count.load(Relaxed), 1, "what was never used is gone");
        assert_eq!((histories.load(Relaxed), stats.get("g", "T").unwrap().gets.messages()), (1, 1));
        stats.remove(&histories, |group, _| group == "g");
        assert!(stats.get("g", "T").is_none());
        assert_eq!((histories.load(Relaxed), stats.count.load(Relaxed)), (0, 0));
    }

    #[test]
    fn pulled_offsets_are_bounded() {
        let (stats, histories) = (GroupsStats::default(), AtomicUsize::new(0));
        let of_group = stats.used("g", "T").unwrap();
        stats.pulled(&of_group, 2, 7);
        stats.pulled(&of_group, 2, 8);
        assert_eq!([0, 2, 3].map(|queue| of_group.pulled(queue)), [0, 8, 0]);
        stats.pulled(&of_group, MAX_PULLED, 9);
        assert_eq!((of_group.pulled(MAX_PULLED), stats.pulled.load(Relaxed)), (0, 3), "no room");
        stats.remove(&histories, |group, _| group == "g");
        assert_eq!(stats.pulled.load(Relaxed), 0);
    }
}
