//! The state of a gateway that runs.

use crate::Target;
use crate::brokers::AddressBook;
use crate::doors::Doors;
use crate::link::Link;
use crate::name_server::NameServer;
use crate::statistics::Note;
use rocketmq_tower::Channel;
use rocketmq_tower::server::Connections;
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::SystemTime;

/// Reads the state of a gateway, for health checks and metrics. Created by
/// [`RunningGateway::status`](crate::RunningGateway::status).
#[derive(Clone)]
pub struct Status {
    upstreams: Arc<[UpstreamStatus]>,
    doors: Arc<Doors>,
}

pub(crate) struct UpstreamStatus {
    pub(crate) name_server: Arc<NameServer>,
    pub(crate) book: Arc<AddressBook>,
    pub(crate) connections: Connections,
    pub(crate) addr: Option<SocketAddr>,
}

/// The state of an upstream cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UpstreamState {
    /// Its name.
    pub name: String,
    /// The addresses of its name servers, `host:port`.
    pub name_servers: Vec<String>,
    /// The address of the name-server port.
    pub listens: Option<SocketAddr>,
    /// Whether a name server answered when they were asked last.
    pub answers: bool,
    /// When a name server answered last.
    pub answered: Option<SystemTime>,
    /// The number of routes that are kept for the time when no name server answers.
    pub routes: usize,
    /// The number of requests of clients so far; 0 without [statistics](crate::GatewayBuilder::statistics).
    pub requests: u64,
    /// The number of those that failed, or were answered with an error. That there is no message yet is none.
    pub errors: u64,
}

/// A connection of a client.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ClientConnection {
    /// Its number, unique in this process. Later ones are greater.
    pub id: u64,
    /// The address of the client.
    pub address: String,
    /// The name of the upstream cluster.
    pub upstream: String,
    /// The name and id of the broker, such as `broker-a/0`; `name-server` for name servers.
    pub target: String,
    /// Whether it has a connection to the broker; it has one from its first request on.
    pub has_broker: bool,
    /// When it began; `None` without [statistics](crate::GatewayBuilder::statistics), and so are the following.
    pub since: Option<SystemTime>,
    /// The id that the client's last heartbeat has told.
    pub client: Option<String>,
    /// The groups of producers of that heartbeat, at most 20.
    pub produces: Vec<String>,
    /// The groups of consumers of that heartbeat, at most 20.
    pub consumes: Vec<String>,
}

/// A broker that clients reach through the gateway.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BrokerPort {
    /// The name of the upstream cluster.
    pub upstream: String,
    /// The name of the broker.
    pub name: String,
    /// The id of the broker; 0 for a master.
    pub id: i64,
    /// The address in the cluster, `host:port`.
    pub inside: String,
    /// The address for clients, `host:port`.
    pub advertised: String,
    /// Whether the last attempt to connect to it succeeded; `None` before the first one, and after a connection to it has ended.
    pub reachable: Option<bool>,
}

/// The connections of one port.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PortConnections {
    /// The name of the upstream cluster.
    pub upstream: String,
    /// The name and id of the broker, such as `broker-a/0`; `name-server` for name servers.
    pub target: String,
    /// The number of clients.
    pub clients: usize,
    /// The number of connections to the broker. Each client has one from its first request on. 0 for name servers, whose connections
    /// all clients share.
    pub brokers: usize,
}

impl Status {
    pub(crate) fn new(
        upstreams: impl IntoIterator<Item = UpstreamStatus>,
        doors: Arc<Doors>,
    ) -> Self {
        Self { upstreams: upstreams.into_iter().collect(), doors }
    }

    /// Returns whether the name servers of every upstream cluster answered when they were asked last.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.upstreams.iter().all(|upstream| upstream.name_server.answers())
    }

    /// Returns the brokers that have a port, in the order of clusters, names and ids.
    #[must_use]
    pub fn brokers(&self) -> Vec<BrokerPort> {
        let brokers = self.upstreams.iter().flat_map(|upstream| upstream.book.brokers());
        brokers
            .map(|broker| BrokerPort {
                upstream: broker.id.upstream.to_string(),
                name: broker.id.name.to_string(),
                id: broker.id.id,
                inside: broker.addr_text().to_string(),
                advertised: broker.advertised.clone(),
                reachable: broker.reached(),
            })
            .collect()
    }

    /// Returns the state of each upstream cluster, in the order of the settings.
    #[must_use]
    pub fn upstreams(&self) -> Vec<UpstreamState> {
        let state = |upstream: &UpstreamStatus| {
            let names = &upstream.name_server;
            let (requests, errors) = names.counts().map_or((0, 0), |counts| counts.totals());
            UpstreamState {
                name: names.upstream().to_owned(),
                name_servers: names.addrs().iter().map(ToString::to_string).collect(),
                listens: upstream.addr,
                answers: names.answers(),
                answered: names.answered(),
                routes: names.routes(),
                requests,
                errors,
            }
        };
        self.upstreams.iter().map(state).collect()
    }

    /// Returns the connections of clients with a greater number than `after`, the lowest ones first, at most `max` of them, and whether
    /// there are more. It looks at each connection.
    pub async fn clients(&self, after: Option<u64>, max: usize) -> (Vec<ClientConnection>, bool) {
        let names = self.upstreams.iter().flat_map(|upstream| upstream.connections.channels());
        let mut clients: Vec<Channel> = names.chain(self.doors.clients().await).collect();
        clients.retain(|client| after.is_none_or(|after| client.id() > after));
        let more = clients.len() > max;
        if more {
            clients.select_nth_unstable_by_key(max, Channel::id);
            clients.truncate(max);
        }
        clients.sort_unstable_by_key(Channel::id);
        (clients.iter().map(ClientConnection::of).collect(), more)
    }

    /// Counts the connections of each port, first those of name servers. It looks at each connection.
    pub async fn connections(&self) -> Vec<PortConnections> {
        let names = self.upstreams.iter().map(|upstream| PortConnections {
            upstream: upstream.name_server.upstream().to_owned(),
            target: "name-server".to_owned(),
            clients: upstream.connections.len(),
            brokers: 0,
        });
        names.chain(self.doors.connections().await).collect()
    }
}

impl ClientConnection {
    fn of(client: &Channel) -> Self {
        let target = client.extensions().get::<Target>();
        let note = Note::of(client);
        let told = note.and_then(|note| note.told()).unwrap_or_default();
        Self {
            id: client.id(),
            address: client.peer_addr().to_string(),
            upstream: target.map(Target::upstream).unwrap_or_default().to_owned(),
            target: target.map(Target::name).unwrap_or_default().to_owned(),
            has_broker: Link::is_open(client),
            since: note.map(|note| note.since),
            client: Some(told.id.clone()).filter(|id| !id.is_empty()),
            produces: told.produces.clone(),
            consumes: told.consumes.clone(),
        }
    }
}

impl fmt::Debug for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Status")
            .field("is_ready", &self.is_ready())
            .field("brokers", &self.brokers())
            .finish_non_exhaustive()
    }
}
