//! The connections of a server.

use rocketmq_tower_core::Channel;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The connections that a server has now: to push to them, count them, close them.
///
/// A connection is in it from when it was accepted until all its requests have finished. A table
/// that is made first and given to [`Server::connections`](super::Server::connections) can be held
/// by the processor; several servers may share one, and each drains its own connections only.
#[derive(Clone, Debug, Default)]
pub struct Connections {
    table: Arc<Mutex<Table>>,
}

#[derive(Debug, Default)]
struct Table {
    members: HashMap<u64, Member>,
    shares: u64,
}

#[derive(Debug)]
struct Member {
    channel: Channel,
    /// The number of the server's share.
    share: u64,
}

impl Connections {
    fn lock(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lock().members.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The handles of all, in no order.
    #[must_use]
    pub fn channels(&self) -> Vec<Channel> {
        self.lock().members.values().map(|member| member.channel.clone()).collect()
    }

    /// The handle of the connection with this [number](Channel::id).
    #[must_use]
    pub fn get(&self, id: u64) -> Option<Channel> {
        self.lock().members.get(&id).map(|member| member.channel.clone())
    }

    /// The part of the table that is one server's.
    pub(super) fn share(&self) -> Share {
        let mut table = self.lock();
        table.shares += 1;
        Share { connections: self.clone(), number: table.shares, accepted: 0 }
    }
}

/// The connections of one server, among those of all that share the table.
#[derive(Debug)]
pub(super) struct Share {
    connections: Connections,
    number: u64,
    accepted: u64,
}

impl Share {
    /// Adds a connection for as long as the entry lives.
    pub(super) fn add(&mut self, channel: Channel) -> Entry {
        self.accepted += 1;
        let id = channel.id();
        let member = Member { channel, share: self.number };
        self.connections.lock().members.insert(id, member);
        Entry { connections: self.connections.clone(), id }
    }

    /// How many connections were added so far.
    pub(super) fn accepted(&self) -> u64 {
        self.accepted
    }

    /// How many connections there are that can still send or receive.
    pub(super) fn open(&self) -> usize {
        self.channels().iter().filter(|channel| !channel.is_closed()).count()
    }

    /// Drains all.
    pub(super) fn drain(&self) {
        // Not under the lock: it wakes tasks.
        for channel in self.channels() {
            channel.drain();
        }
    }

    fn channels(&self) -> Vec<Channel> {
        let table = self.connections.lock();
        let own = table.members.values().filter(|member| member.share == self.number);
        own.map(|member| member.channel.clone()).collect()
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
        let member = self.connections.lock().members.remove(&self.id);
        // Not under the lock.
        drop(member);
    }
}
