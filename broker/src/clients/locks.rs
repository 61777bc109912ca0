//! Locks of queues, which consumers hold to consume messages in order.

use super::account::{Charge, ConnectionAccount};
use crate::refusal::{Refused, refuse};
use crate::sharded::{Sharded, shrink};
use crate::topics::names;
use rocketmq_tower::protocol::MessageQueue;
use rocketmq_tower::{BoxError, ResponseCode};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The time after which a lock expires if it is not renewed: Java's
/// `rocketmq.broker.rebalance.lockMaxLiveTime`.
const LIFETIME: Duration = Duration::from_secs(60);

/// The maximum number of locks of a group.
pub(crate) const MAX_LOCKS: usize = 10_000;

/// The maximum length of a broker's name, in bytes.
const MAX_BROKER: usize = 255;

/// The bytes of a lock beside its names, as they count in the account.
const BYTES: usize = 384;

/// The number of queues that are locked or unlocked before others have a turn.
const AT_ONCE: usize = 256;

/// The locks of all groups, by the group's name.
#[derive(Debug, Default)]
pub(crate) struct QueueLocks(Sharded<HashMap<Box<str>, GroupLocks>>);

type GroupLocks = HashMap<MessageQueue, QueueLock>;

/// Who asks for locks. As in Java's broker, a lock belongs to a client's id, and so stays with a client
/// that has a new connection. But if two connections are members of the group with the same id, such
/// as those of two containers, a lock belongs to one of them: the other gets it when that one has left
/// or ended.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LockOwner<'a> {
    pub(crate) group: &'a str,
    pub(crate) client: &'a str,
    pub(crate) connection: u64,
    /// The other connections that are members of the group with the same id, sorted.
    pub(crate) rivals: &'a [u64],
}

#[derive(Debug)]
struct QueueLock {
    client: Arc<str>,
    connection: u64,
    renewed: Instant,
    _charge: Charge,
}

impl QueueLock {
    fn has_expired(&self) -> bool {
        self.renewed.elapsed() > LIFETIME
    }

    fn belongs_to(&self, owner: LockOwner<'_>) -> bool {
        *self.client == *owner.client && owner.rivals.binary_search(&self.connection).is_err()
    }
}

impl QueueLocks {
    /// Locks the queues that no other client holds, and returns those that the client holds now, named as
    /// in the request. The room is that of `account`.
    pub(crate) fn lock(
        &self,
        owner: LockOwner<'_>,
        queues: Vec<MessageQueue>,
        account: &Arc<ConnectionAccount>,
        refused: &mut Refused,
    ) -> Vec<MessageQueue> {
        let client: Arc<str> = owner.client.into();
        let mut locked = Vec::new();
        let mut queues = queues.into_iter().peekable();
        while queues.peek().is_some() {
            let mut groups = self.0.of(owner.group);
            let locks = match groups.get_mut(owner.group) {
                Some(locks) => locks,
                None => groups.entry(owner.group.into()).or_default(),
            };
            for queue in queues.by_ref().take(AT_ONCE) {
                let renewed = Instant::now();
                match locks.get_mut(&queue) {
                    Some(lock) if lock.belongs_to(owner) => {
                        lock.connection = owner.connection;
                        lock.renewed = renewed;
                    }
                    Some(lock) if !lock.has_expired() => continue,
                    known => {
                        let others = known.is_none().then_some(locks.len());
                        let charge = room(&queue, others.unwrap_or(0), &client, account);
                        let Some(_charge) = refused.note(charge) else { continue };
                        let (client, connection) = (Arc::clone(&client), owner.connection);
                        let lock = QueueLock { client, connection, renewed, _charge };
                        locks.insert(queue.clone(), lock);
                    }
                }
                locked.push(queue);
            }
            if locks.is_empty() {
                groups.remove(owner.group);
            }
        }
        locked
    }

    /// Unlocks the queues that the client holds.
    pub(crate) fn unlock(&self, owner: LockOwner<'_>, queues: &[MessageQueue]) {
        for queues in queues.chunks(AT_ONCE) {
            let mut groups = self.0.of(owner.group);
            let Some(locks) = groups.get_mut(owner.group) else { return };
            for queue in queues {
                if locks.get(queue).is_some_and(|lock| lock.belongs_to(owner)) {
                    locks.remove(queue);
                }
            }
            shrink(locks);
            if locks.is_empty() {
                groups.remove(owner.group);
            }
        }
    }

    /// Returns whether a client holds a lock of this group.
    pub(crate) fn has_live_lock(&self, group: &str) -> bool {
        let groups = self.0.of(group);
        groups.get(group).is_some_and(|locks| locks.values().any(|lock| !lock.has_expired()))
    }

    /// Removes expired locks.
    pub(crate) fn expire(&self) {
        for mut groups in self.0.each() {
            groups.retain(|_, locks| {
                locks.retain(|_, lock| !lock.has_expired());
                shrink(locks);
                !locks.is_empty()
            });
        }
    }
}

/// Takes room for one more lock of a group that has `others`.
fn room(
    queue: &MessageQueue,
    others: usize,
    client: &str,
    account: &Arc<ConnectionAccount>,
) -> Result<Charge, BoxError> {
    let (topic, broker) = (queue.topic.len(), queue.broker_name.len());
    if topic > names::MAX_TOPIC_OF_GROUP || broker > MAX_BROKER {
        let max = names::MAX_TOPIC_OF_GROUP;
        let text =
            format!("a topic has at most {max} bytes, and a broker's name at most {MAX_BROKER}");
        return Err(refuse(ResponseCode::INVALID_PARAMETER, text));
    }
    if others >= MAX_LOCKS {
        let text = format!("the group has its maximum of {MAX_LOCKS} locks");
        return Err(refuse(ResponseCode::SYSTEM_BUSY, text));
    }
    account.charge(BYTES + topic + broker + client.len())
}

#[cfg(test)]
mod tests {
    use super::super::account::{Account, ClientStateLimits, ConnectionAccount};
    use super::{
        Arc, Duration, Instant, LIFETIME, LockOwner, MAX_LOCKS, MessageQueue, QueueLocks, Refused,
    };

    fn queue(queue_id: i32) -> MessageQueue {
        MessageQueue { topic: "T".into(), broker_name: "b".into(), queue_id }
    }

    fn owner(client: &str, connection: u64) -> LockOwner<'_> {
        LockOwner { group: "g", client, connection, rivals: &[] }
    }

    fn account(per_connection: usize) -> Arc<ConnectionAccount> {
        let limits = ClientStateLimits { per_connection, ..ClientStateLimits::DEFAULT };
        Account::new(limits).of_connection()
    }

    impl QueueLocks {
        /// Locks queues, and returns the ids of those that the owner holds, and whether any was refused.
        fn ids(
            &self,
            owner: LockOwner<'_>,
            ids: impl IntoIterator<Item = i32>,
            account: &Arc<ConnectionAccount>,
        ) -> (Vec<i32>, bool) {
            let (queues, mut refused) = (ids.into_iter().map(queue).collect(), Refused::default());
            let locked = self.lock(owner, queues, account, &mut refused);
            (locked.iter().map(|queue| queue.queue_id).collect(), refused.result().is_err())
        }

        /// Makes all locks look as if they had not been renewed for this time.
        fn age(&self, age: Duration) {
            for mut groups in self.0.each() {
                for lock in groups.values_mut().flat_map(|locks| locks.values_mut()) {
                    lock.renewed = Instant::now().checked_sub(age).unwrap();
                }
            }
        }

        fn groups(&self) -> Vec<Box<str>> {
            self.0.each().flat_map(|groups| groups.keys().cloned().collect::<Vec<_>>()).collect()
        }
    }

    #[test]
    fn a_lock_that_is_not_renewed_expires_after_a_minute() {
        let (locks, account) = (QueueLocks::default(), account(1 << 20));
        let (one, two) = (owner("one", 1), owner("two", 2));
        locks.ids(one, [0, 1], &account);
        locks.age(LIFETIME - Duration::from_secs(1));
        assert!(locks.ids(two, [0], &account).0.is_empty());
        locks.expire();
        assert_eq!(locks.ids(one, [0], &account).0, [0]);

        locks.age(LIFETIME);
        assert_eq!(locks.ids(two, [0], &account).0, [0]);
        assert_eq!(locks.ids(one, [0, 1], &account).0, [1]);
    }

    #[test]
    fn expired_locks_are_removed() {
        let (locks, account) = (QueueLocks::default(), account(1 << 20));
        locks.ids(LockOwner { group: "old", ..owner("one", 1) }, [0], &account);
        locks.age(LIFETIME);
        locks.ids(LockOwner { group: "new", ..owner("one", 1) }, [0], &account);
        locks.expire();
        assert_eq!(locks.groups(), ["new".into()]);
        locks.unlock(LockOwner { group: "new", ..owner("one", 1) }, &[queue(0)]);
        assert!(locks.groups().is_empty());
    }

    #[test]
    fn of_two_members_with_one_id_one_holds_a_lock_until_it_is_gone() {
        let (locks, account) = (QueueLocks::default(), account(1 << 20));
        let (one, two) = (owner("id", 1), owner("id", 2));
        let second = LockOwner { rivals: &[1], ..two };
        assert_eq!(locks.ids(one, [0], &account).0, [0]);
        assert_eq!(locks.ids(second, [0, 1], &account).0, [1]);
        locks.unlock(second, &[queue(0)]);
        assert!(locks.ids(second, [0], &account).0.is_empty(), "it was not its own");
        assert_eq!(locks.ids(two, [0], &account).0, [0], "the first one has gone");
        let late = LockOwner { rivals: &[2], ..one };
        assert!(locks.ids(late, [0], &account).0.is_empty());
    }

    #[test]
    fn locks_are_bounded_by_their_number_and_by_their_bytes() {
        let locks = QueueLocks::default();
        let (all, refused) = locks.ids(owner("one", 1), 0..MAX_LOCKS as i32 + 1, &account(1 << 24));
        assert_eq!((all.len(), refused), (MAX_LOCKS, true));
        // Those that it has are renewed.
        assert_eq!(locks.ids(owner("one", 1), [0], &account(0)), (vec![0], false));

        let locks = QueueLocks::default();
        let (all, refused) = locks.ids(owner("one", 1), 0..1000, &account(100_000));
        assert!(refused && (1..300).contains(&all.len()), "{}", all.len());
        let long = MessageQueue { topic: "x".repeat(300), ..queue(0) };
        let mut refused = Refused::default();
        let locked =
            locks.lock(owner("two", 2), vec![long, queue(999)], &account(1 << 20), &mut refused);
        assert_eq!(locked, [queue(999)], "one that is refused does not fail the others");
        assert!(refused.result().is_err());
    }
}
