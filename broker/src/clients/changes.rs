//! The groups of consumers that have changed, until their members are notified.

use rocketmq_tower_core::sync::lock;
use std::collections::{HashSet, VecDeque};
use std::sync::{Arc, Mutex};
use tokio::sync::Notify;

/// The maximum number of groups that wait. The members of further ones are not notified; they look at
/// their group every 20 s.
const MAX_WAITING: usize = 100_000;

/// Groups that have changed, each once, in the order of the first change. Members are notified by a job,
/// as a group may have many: a request that changes many groups does not wait for that.
#[derive(Debug, Default)]
pub(super) struct ChangedGroups {
    waiting: Mutex<Waiting>,
    added: Notify,
}

#[derive(Debug, Default)]
struct Waiting {
    order: VecDeque<Arc<str>>,
    groups: HashSet<Arc<str>>,
}

impl ChangedGroups {
    pub(super) fn add(&self, group: &Arc<str>) {
        let mut waiting = lock(&self.waiting);
        if waiting.order.len() < MAX_WAITING && waiting.groups.insert(Arc::clone(group)) {
            waiting.order.push_back(Arc::clone(group));
            drop(waiting);
            self.added.notify_one();
        }
    }

    /// Waits for the next group. For one task only.
    pub(super) async fn next(&self) -> Arc<str> {
        loop {
            if let Some(group) = self.take() {
                return group;
            }
            self.added.notified().await;
        }
    }

    fn take(&self) -> Option<Arc<str>> {
        let mut waiting = lock(&self.waiting);
        let group = waiting.order.pop_front()?;
        waiting.groups.remove(&group);
        Some(group)
    }
}

#[cfg(test)]
mod tests {
    use super::ChangedGroups;
    use tokio_test::{assert_pending, assert_ready_eq, task};

    #[test]
    fn a_group_waits_once_until_it_is_taken() {
        let changed = ChangedGroups::default();
        let mut next = task::spawn(changed.next());
        assert_pending!(next.poll());
        for group in ["g", "h", "g"] {
            changed.add(&group.into());
        }
        assert!(next.is_woken());
        assert_ready_eq!(next.poll(), "g".into());
        changed.add(&"g".into());
        for group in ["h", "g"] {
            assert_ready_eq!(task::spawn(changed.next()).poll(), group.into());
        }
        assert_pending!(task::spawn(changed.next()).poll());
    }
}
