//! The state of a gateway that runs.

use crate::brokers::AddressBook;
use crate::doors::Doors;
use crate::name_server::NameServer;
use rocketmq_tower::server::Connections;
use std::fmt;
use std::sync::Arc;

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
            })
            .collect()
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

impl fmt::Debug for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Status")
            .field("is_ready", &self.is_ready())
            .field("brokers", &self.brokers())
            .finish_non_exhaustive()
    }
}
