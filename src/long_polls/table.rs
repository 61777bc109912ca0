//! The parked requests, by key, by deadline and by connection.

use super::waiter::Waiter;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::Hash;
use tokio::task::AbortHandle;
use tokio::time::Instant;

/// A map with a larger capacity is freed when it becomes empty.
const KEPT_CAPACITY: usize = 64;

/// Contains no waiter whose attempt is running.
pub(super) struct Table<K> {
    keys: HashMap<K, Key>,
    waiters: BTreeMap<u64, Waiter<K>>,
    deadlines: BTreeSet<(Instant, u64)>,
    connections: HashMap<u64, Watched>,
    next_id: u64,
    /// The task that ends waiters at their deadlines.
    pub(super) timer: Option<AbortHandle>,
    /// Whether requests are not parked any more.
    pub(super) shut_down: bool,
}

/// A key that has waiters or tickets.
#[derive(Default)]
struct Key {
    /// The number of tickets. A key with a ticket stays in the table.
    tickets: usize,
    /// Counts the times that this key was woken.
    wakes: u64,
    waiting: BTreeSet<u64>,
}

/// A connection that has waiters.
struct Watched {
    waiting: BTreeSet<u64>,
    /// The task that ends them when the connection drains or closes.
    watcher: AbortHandle,
}

impl<K> Default for Table<K> {
    fn default() -> Self {
        Self {
            keys: HashMap::new(),
            waiters: BTreeMap::new(),
            deadlines: BTreeSet::new(),
            connections: HashMap::new(),
            next_id: 0,
            timer: None,
            shut_down: false,
        }
    }
}

impl<K: Clone + Eq + Hash> Table<K> {
    /// Adds a waiter. Calls `watch` if it is the first of its connection.
    pub(super) fn insert(
        &mut self,
        waiter: Waiter<K>,
        watch: impl FnOnce(&Waiter<K>) -> AbortHandle,
    ) {
        let id = self.next_id;
        self.next_id += 1;
        self.keys.entry(waiter.key.clone()).or_default().waiting.insert(id);
        if let Some(deadline) = waiter.deadline {
            self.deadlines.insert((deadline, id));
        }
        let connection = self.connections.entry(waiter.channel().id());
        let new = || Watched { waiting: BTreeSet::new(), watcher: watch(&waiter) };
        connection.or_insert_with(new).waiting.insert(id);
        self.waiters.insert(id, waiter);
    }

    /// Returns the earliest deadline.
    pub(super) fn next_deadline(&self) -> Option<Instant> {
        self.deadlines.first().map(|(deadline, _)| *deadline)
    }

    /// Removes the waiters of a key, in the order in which they were added.
    pub(super) fn take_key(&mut self, key: &K) -> Vec<Waiter<K>> {
        let ids = self.keys.get_mut(key).map(|key| std::mem::take(&mut key.waiting));
        self.take(ids.unwrap_or_default())
    }

    /// Removes the waiters whose deadline is not after `now`.
    pub(super) fn take_due(&mut self, now: Instant) -> Vec<Waiter<K>> {
        let due = self.deadlines.iter().take_while(|(deadline, _)| *deadline <= now);
        let ids: Vec<_> = due.map(|(_, id)| *id).collect();
        self.take(ids)
    }

    /// Removes the waiters of a connection. Called by its watcher, which is not aborted.
    pub(super) fn take_connection(&mut self, id: u64) -> Vec<Waiter<K>> {
        let ids = self.connections.remove(&id).map(|watched| watched.waiting);
        self.take(ids.unwrap_or_default())
    }

    /// Removes all waiters.
    pub(super) fn take_all(&mut self) -> Vec<Waiter<K>> {
        let ids: Vec<_> = self.waiters.keys().copied().collect();
        self.take(ids)
    }

    fn take(&mut self, ids: impl IntoIterator<Item = u64>) -> Vec<Waiter<K>> {
        let taken = ids.into_iter().filter_map(|id| self.remove(id)).collect();
        if self.waiters.is_empty() {
            free(&mut self.connections);
        }
        taken
    }

    fn remove(&mut self, id: u64) -> Option<Waiter<K>> {
        let waiter = self.waiters.remove(&id)?;
        if let Some(deadline) = waiter.deadline {
            self.deadlines.remove(&(deadline, id));
        }
        if let Some(key) = self.keys.get_mut(&waiter.key) {
            key.waiting.remove(&id);
            self.forget_if_unused(&waiter.key);
        }
        let connection = waiter.channel().id();
        if let Some(watched) = self.connections.get_mut(&connection) {
            watched.waiting.remove(&id);
            if watched.waiting.is_empty() {
                watched.watcher.abort();
                self.connections.remove(&connection);
            }
        }
        Some(waiter)
    }

    /// Adds a ticket to a key, and returns the key's number of wakes.
    pub(super) fn add_ticket(&mut self, key: &K) -> u64 {
        let key = self.keys.entry(key.clone()).or_default();
        key.tickets += 1;
        key.wakes
    }

    /// Removes a ticket from a key.
    pub(super) fn remove_ticket(&mut self, key: &K) {
        if let Some(found) = self.keys.get_mut(key) {
            found.tickets -= 1;
            self.forget_if_unused(key);
        }
    }

    /// Counts a wake of a key. Returns the new number, and `None` if nothing waits for the key.
    pub(super) fn count_wake(&mut self, key: &K) -> Option<u64> {
        let key = self.keys.get_mut(key)?;
        key.wakes += 1;
        Some(key.wakes)
    }

    /// Returns the number of wakes of a key that has a ticket.
    pub(super) fn wakes(&self, key: &K) -> u64 {
        self.keys.get(key).map_or(0, |key| key.wakes)
    }

    fn forget_if_unused(&mut self, key: &K) {
        if self.keys.get(key).is_some_and(|key| key.tickets == 0 && key.waiting.is_empty()) {
            self.keys.remove(key);
            free(&mut self.keys);
        }
    }
}

fn free<A: Eq + Hash, B>(map: &mut HashMap<A, B>) {
    if map.is_empty() && map.capacity() > KEPT_CAPACITY {
        *map = HashMap::new();
    }
}
