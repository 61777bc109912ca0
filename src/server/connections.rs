//! The table of a server's connections.

use rocketmq_tower_core::Channel;
use rocketmq_tower_core::sync::lock;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex};

/// The table of a server's connections. Use it to push requests over them, to count or to close
/// them.
///
/// A connection is in the table from the time it is accepted until all its requests have finished.
/// To use the table in the processor, create it first and pass it to
/// [`Server::connections`](super::Server::connections). Several servers may share one table; each
/// drains only its own connections.
///
/// ```
/// use rocketmq_tower::server::Connections;
/// use rocketmq_tower::{BoxError, RemotingCommand, RequestCode, Server, service_fn};
///
/// let connections = Connections::default();
/// let table = connections.clone();
/// let processor = service_fn(move |request: RemotingCommand| {
///     let connections = table.clone();
///     async move {
///         for channel in connections.channels() {
///             let notice = RemotingCommand::request(RequestCode::NOTIFY_CONSUMER_IDS_CHANGED);
///             channel.invoke_oneway(notice).await?;
///         }
///         Ok::<_, BoxError>(RemotingCommand::response(0).with_body(request.body().clone()))
///     }
/// });
/// let server = Server::new(processor).connections(connections);
/// ```
#[derive(Clone, Default)]
pub struct Connections {
    table: Arc<Mutex<ConnectionTable>>,
}

#[derive(Default)]
struct ConnectionTable {
    members: HashMap<u64, Member>,
    shares: u64,
}

struct Member {
    channel: Channel,
    /// The id of the server's share.
    share: u64,
}

impl Connections {
    /// Returns the number of connections.
    #[must_use]
    pub fn len(&self) -> usize {
        lock(&self.table).members.len()
    }

    /// Returns whether there are no connections.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the handles of all connections, in no particular order.
    #[must_use]
    pub fn channels(&self) -> Vec<Channel> {
        lock(&self.table).members.values().map(|member| member.channel.clone()).collect()
    }

    /// Returns the handle of the connection with this [id](Channel::id), if it is in the table.
    #[must_use]
    pub fn get(&self, id: u64) -> Option<Channel> {
        lock(&self.table).members.get(&id).map(|member| member.channel.clone())
    }

    /// Starts a server's part of the table.
    pub(super) fn share(&self) -> ServerShare {
        let mut table = lock(&self.table);
        table.shares += 1;
        ServerShare { connections: self.clone(), number: table.shares, accepted: 0 }
    }
}

impl fmt::Debug for Connections {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connections").field("len", &self.len()).finish()
    }
}

/// The connections of one server, among those of all servers that share the table.
pub(super) struct ServerShare {
    connections: Connections,
    number: u64,
    accepted: u64,
}

impl ServerShare {
    /// Adds a connection, which stays in the table until the guard is dropped.
    pub(super) fn add(&mut self, channel: Channel) -> MemberGuard {
        self.accepted += 1;
        let id = channel.id();
        let member = Member { channel, share: self.number };
        lock(&self.connections.table).members.insert(id, member);
        MemberGuard { connections: self.connections.clone(), id }
    }

    /// Returns the number of connections added so far.
    pub(super) fn accepted(&self) -> u64 {
        self.accepted
    }

    /// Returns the number of connections that can still send or receive.
    pub(super) fn open(&self) -> usize {
        self.channels().iter().filter(|channel| !channel.is_closed()).count()
    }

    pub(super) fn drain(&self) {
        // Not under the lock: draining wakes tasks.
        for channel in self.channels() {
            channel.drain();
        }
    }

    fn channels(&self) -> Vec<Channel> {
        let table = lock(&self.connections.table);
        let own = table.members.values().filter(|member| member.share == self.number);
        own.map(|member| member.channel.clone()).collect()
    }
}

/// Removes a connection from the table when it is dropped.
pub(super) struct MemberGuard {
    connections: Connections,
    id: u64,
}

impl Drop for MemberGuard {
    fn drop(&mut self) {
        let member = lock(&self.connections.table).members.remove(&self.id);
        // Dropped after the lock: it may be the last handle.
        drop(member);
    }
}
