//! Queues that are one consumer's for a while, so that it can consume them in order.

use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A lock that is not renewed for this long is nobody's any more: Java's
/// `rocketmq.broker.rebalance.lockMaxLiveTime`.
const LIFE: Duration = Duration::from_secs(60);

/// A group has no more locks than this.
const MAX_LOCKS: usize = 100_000;

/// A queue, as clients name it; they look it up by the same words.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct QueueName {
    topic: String,
    broker_name: String,
    queue_id: i32,
}

/// Who has which queue, by group.
#[derive(Debug, Default)]
pub(crate) struct Locks(Mutex<HashMap<String, HashMap<QueueName, Lock>>>);

#[derive(Debug)]
struct Lock {
    client: String,
    renewed: Instant,
}

impl Lock {
    fn is_over(&self) -> bool {
        self.renewed.elapsed() > LIFE
    }
}

impl Locks {
    /// Locks what is nobody else's, and returns what the client has then.
    pub(crate) fn lock(&self, group: &str, client: &str, queues: Vec<QueueName>) -> Vec<QueueName> {
        let mut groups = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let locks = groups.entry(group.to_owned()).or_default();
        let mut locked = Vec::new();
        for queue in queues {
            let free = match locks.get(&queue) {
                Some(lock) => lock.client == client || lock.is_over(),
                None => locks.len() < MAX_LOCKS,
            };
            if free {
                let lock = Lock { client: client.to_owned(), renewed: Instant::now() };
                locks.insert(queue.clone(), lock);
                locked.push(queue);
            }
        }
        locked
    }

    /// Gives up those that are the client's.
    pub(crate) fn unlock(&self, group: &str, client: &str, queues: &[QueueName]) {
        let mut groups = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(locks) = groups.get_mut(group) else { return };
        for queue in queues {
            if locks.get(queue).is_some_and(|lock| lock.client == client) {
                locks.remove(queue);
            }
        }
    }

    /// Forgets what is over.
    pub(crate) fn expire(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).retain(|_, locks| {
            locks.retain(|_, lock| !lock.is_over());
            !locks.is_empty()
        });
    }
}
