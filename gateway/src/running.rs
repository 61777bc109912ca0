//! A gateway that runs.

use crate::brokers::AddressBook;
use crate::doors::Doors;
use crate::name_server::NameServer;
use crate::status::{BrokerPort, Status, UpstreamStatus};
use rocketmq_tower::server::RunningServer;
use std::fmt;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::task::JoinSet;

/// A running gateway. Dropping it starts a graceful shutdown; [`shutdown`](Self::shutdown) also waits for its end.
#[must_use = "the gateway shuts down when this is dropped"]
pub struct RunningGateway {
    parts: Parts,
}

/// Everything that runs.
pub(crate) struct Parts {
    doors: Arc<Doors>,
    upstreams: Vec<RunningUpstream>,
    /// Tasks that ask for brokers. They end when this is dropped.
    tasks: JoinSet<()>,
}

struct RunningUpstream {
    server: RunningServer,
    name_server: Arc<NameServer>,
    book: Arc<AddressBook>,
}

impl Parts {
    pub(crate) fn new(doors: Arc<Doors>) -> Self {
        Self { doors, upstreams: Vec::new(), tasks: JoinSet::new() }
    }

    pub(crate) fn add(
        &mut self,
        server: RunningServer,
        name_server: Arc<NameServer>,
        book: Arc<AddressBook>,
    ) {
        self.upstreams.push(RunningUpstream { server, name_server, book });
    }

    pub(crate) fn spawn(&mut self, task: impl Future<Output = ()> + Send + 'static) {
        self.tasks.spawn(task);
    }
}

impl RunningGateway {
    pub(crate) fn new(parts: Parts) -> Self {
        Self { parts }
    }

    /// Returns the address of the name-server port of each upstream cluster, in the order of the settings.
    #[must_use]
    pub fn name_server_addrs(&self) -> Vec<SocketAddr> {
        let servers = self.parts.upstreams.iter().map(|upstream| upstream.server.local_addr());
        servers.filter_map(|addr| addr.socket_addr()).collect()
    }

    /// Returns the brokers that have a port, in the order of clusters, names and ids.
    #[must_use]
    pub fn brokers(&self) -> Vec<BrokerPort> {
        self.status().brokers()
    }

    /// Returns whether the name servers of every upstream cluster answered when they were asked last.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.status().is_ready()
    }

    /// Returns a handle that reads the state of the gateway, for health checks and metrics.
    #[must_use]
    pub fn status(&self) -> Status {
        let upstreams = self.parts.upstreams.iter().map(|upstream| UpstreamStatus {
            name_server: Arc::clone(&upstream.name_server),
            book: Arc::clone(&upstream.book),
            connections: upstream.server.connections(),
            addr: upstream.server.local_addr().socket_addr(),
        });
        Status::new(upstreams, Arc::clone(&self.parts.doors))
    }

    /// Shuts down gracefully: stops listening, answers the requests in flight, and hands clients over to other gateways with `GO_AWAY`.
    /// Connections that have not ended at the drain deadline are closed.
    pub async fn shutdown(self) {
        let Parts { doors, upstreams, mut tasks } = self.parts;
        tasks.abort_all();
        let mut ends = JoinSet::new();
        let brokers = doors.close().await;
        for server in upstreams.into_iter().map(|upstream| upstream.server).chain(brokers) {
            ends.spawn(async move { _ = server.shutdown().await });
        }
        ends.join_all().await;
    }
}

impl fmt::Debug for RunningGateway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunningGateway")
            .field("name_server_addrs", &self.name_server_addrs())
            .field("brokers", &self.brokers())
            .field("is_ready", &self.is_ready())
            .finish_non_exhaustive()
    }
}
