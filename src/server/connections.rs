//! The connections of a server.

use rocketmq_tower_core::Channel;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The connections that a server has now: to push to them, count them, close them.
///
/// A connection is in it from when it was accepted until all its requests have finished.
#[derive(Clone, Debug, Default)]
pub struct Connections {
    table: Arc<Mutex<Table>>,
}

#[derive(Debug, Default)]
struct Table {
    channels: HashMap<u64, Channel>,
    accepted: u64,
    draining: bool,
}

impl Connections {
    fn lock(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lock().channels.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The handles of all, in no order.
    #[must_use]
    pub fn channels(&self) -> Vec<Channel> {
        self.lock().channels.values().cloned().collect()
    }

    /// The handle of the connection with this [number](Channel::id).
    #[must_use]
    pub fn get(&self, id: u64) -> Option<Channel> {
        self.lock().channels.get(&id).cloned()
    }

    /// How many connections were accepted so far.
    pub(super) fn accepted(&self) -> u64 {
        self.lock().accepted
    }

    /// Adds a connection for as long as the entry lives.
    pub(super) fn add(&self, channel: Channel) -> Entry {
        let id = channel.id();
        let mut table = self.lock();
        table.accepted += 1;
        if table.draining {
            channel.drain();
        }
        table.channels.insert(id, channel);
        drop(table);
        Entry { connections: self.clone(), id }
    }

    /// Drains all, and those that are still to be added.
    pub(super) fn drain(&self) {
        self.lock().draining = true;
        for channel in self.channels() {
            channel.drain();
        }
    }
}

/// A connection's place in the table.
#[derive(Debug)]
pub(super) struct Entry {
    connections: Connections,
    id: u64,
}

impl Drop for Entry {
    fn drop(&mut self) {
        let channel = self.connections.lock().channels.remove(&self.id);
        // Not under the lock.
        drop(channel);
    }
}
