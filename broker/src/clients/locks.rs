//! Locks of queues, which consumers hold to consume messages in order.

use rocketmq_tower::protocol::MessageQueue;
use rocketmq_tower_core::sync::lock;
use std::collections::HashMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// The time after which a lock expires if it is not renewed: Java's
/// `rocketmq.broker.rebalance.lockMaxLiveTime`.
const LIFETIME: Duration = Duration::from_secs(60);

/// The maximum number of groups with locks, and of locks of a group.
const MAX_GROUPS: usize = 10_000;
const MAX_LOCKS: usize = 100_000;

/// The locks of all groups.
#[derive(Debug, Default)]
pub(crate) struct QueueLocks(Mutex<HashMap<String, HashMap<MessageQueue, QueueLock>>>);

#[derive(Debug)]
struct QueueLock {
    client: String,
    renewed: Instant,
}

impl QueueLock {
    fn has_expired(&self) -> bool {
        self.renewed.elapsed() > LIFETIME
    }
}

impl QueueLocks {
    /// Locks the queues that no other client holds, and returns those that the client holds now, named as
    /// in the request.
    pub(crate) fn lock(
        &self,
        group: &str,
        client: &str,
        queues: Vec<MessageQueue>,
    ) -> Vec<MessageQueue> {
        let mut groups = lock(&self.0);
        if groups.len() >= MAX_GROUPS && !groups.contains_key(group) {
            return Vec::new();
        }
        let locks = groups.entry(group.to_owned()).or_default();
        let mut locked = Vec::new();
        for queue in queues {
            let free = match locks.get(&queue) {
                Some(lock) => lock.client == client || lock.has_expired(),
                None => locks.len() < MAX_LOCKS,
            };
            if free {
                let lock = QueueLock { client: client.to_owned(), renewed: Instant::now() };
                locks.insert(queue.clone(), lock);
                locked.push(queue);
            }
        }
        locked
    }

    /// Unlocks the queues that the client holds.
    pub(crate) fn unlock(&self, group: &str, client: &str, queues: &[MessageQueue]) {
        let mut groups = lock(&self.0);
        let Some(locks) = groups.get_mut(group) else { return };
        for queue in queues {
            if locks.get(queue).is_some_and(|lock| lock.client == client) {
                locks.remove(queue);
            }
        }
    }

    /// Returns whether a client holds a lock of this group.
    pub(crate) fn has_live_lock(&self, group: &str) -> bool {
        let groups = lock(&self.0);
        groups.get(group).is_some_and(|locks| locks.values().any(|lock| !lock.has_expired()))
    }

    /// Removes expired locks.
    pub(crate) fn expire(&self) {
        lock(&self.0).retain(|_, locks| {
            locks.retain(|_, lock| !lock.has_expired());
            !locks.is_empty()
        });
    }
}

#[cfg(test)]
mod tests {
    use super::{Duration, Instant, LIFETIME, MessageQueue, QueueLocks};

    fn queue(queue_id: i32) -> MessageQueue {
        MessageQueue { topic: "T".into(), broker_name: "b".into(), queue_id }
    }

    impl QueueLocks {
        /// Makes all locks look as if they had not been renewed for this time.
        fn age(&self, age: Duration) {
            for lock in self.0.lock().unwrap().values_mut().flat_map(|locks| locks.values_mut()) {
                lock.renewed = Instant::now().checked_sub(age).unwrap();
            }
        }
    }

    #[test]
    fn a_lock_that_is_not_renewed_expires_after_a_minute() {
        let locks = QueueLocks::default();
        locks.lock("g", "one", vec![queue(0), queue(1)]);
        locks.age(LIFETIME - Duration::from_secs(1));
        assert_eq!(locks.lock("g", "two", vec![queue(0)]), []);
        locks.expire();
        assert_eq!(locks.lock("g", "one", vec![queue(0)]), [queue(0)]);

        locks.age(LIFETIME);
        assert_eq!(locks.lock("g", "two", vec![queue(0)]), [queue(0)]);
        assert_eq!(locks.lock("g", "one", vec![queue(0), queue(1)]), [queue(1)]);
    }

    #[test]
    fn expired_locks_are_removed() {
        let locks = QueueLocks::default();
        locks.lock("old", "one", vec![queue(0)]);
        locks.age(LIFETIME);
        locks.lock("new", "one", vec![queue(0)]);
        locks.expire();
        let left = locks.0.lock().unwrap();
        assert_eq!(left.keys().collect::<Vec<_>>(), ["new"]);
    }
}
