//! A list of connections, as the console shows it.

use super::group::Role;
use super::{ClientConnection, Clients};
use rocketmq_tower::{LanguageCode, MqVersion};
use std::sync::Arc;

/// The maximum number of clients of a connection, and of groups of a client, in a report.
const MAX_ITEMS: usize = 20;

/// A connection, with its first clients.
#[derive(Clone, Debug)]
pub(crate) struct ConnectionReport {
    pub(crate) id: u64,
    pub(crate) address: String,
    pub(crate) language: LanguageCode,
    pub(crate) version: MqVersion,
    pub(crate) client_count: usize,
    pub(crate) clients: Vec<ClientOfConnection>,
}

/// A client, with its first groups.
#[derive(Clone, Debug)]
pub(crate) struct ClientOfConnection {
    pub(crate) id: Arc<str>,
    pub(crate) produces: Vec<Arc<str>>,
    pub(crate) consumes: Vec<Arc<str>>,
}

impl Clients {
    /// Returns the first `max` connections after the one with the id `after`, in order of their ids, and
    /// whether there are more. For threads that may block.
    pub(crate) fn connection_reports(
        &self,
        after: Option<u64>,
        max: usize,
    ) -> (Vec<ConnectionReport>, bool) {
        let mut connections = self.connections();
        connections.retain(|it| after.is_none_or(|after| it.channel.id() > after));
        connections.sort_unstable_by_key(|it| it.channel.id());
        let more = connections.len() > max;
        connections.truncate(max);
        (connections.iter().map(|connection| report(connection)).collect(), more)
    }
}

fn report(connection: &ClientConnection) -> ConnectionReport {
    let (language, version) = connection.program();
    let mut known = connection.lock();
    let clients = known.by_id.iter_mut().take(MAX_ITEMS).map(|(id, groups)| {
        let mut of = |role| groups.of(role).keys().take(MAX_ITEMS).cloned().collect();
        let (produces, consumes) = (of(Role::Producer), of(Role::Consumer));
        ClientOfConnection { id: Arc::clone(id), produces, consumes }
    });
    let clients = clients.collect();
    ConnectionReport {
        id: connection.channel.id(),
        address: connection.channel.peer_addr().to_string(),
        language,
        version,
        client_count: known.by_id.len(),
        clients,
    }
}
