//! Serves connections with a stack that the user built.

use super::accept::AcceptLoop;
use super::files;
use super::listener::{IntoListener, Listener};
use super::running::{RunningServer, Stop};
use super::settings::DRAIN_DEADLINE;
use super::{Connections, ServeError, Shutdown};
use crate::service::ConnectionService;
use rocketmq_tower_core::Addr;
use std::fmt;
use std::future::{Future, IntoFuture, Pending, pending};
use std::pin::Pin;
use std::time::Duration;
use tokio::time::Instant;

/// Serves the connections of `listener` with `service`, one task for each connection.
///
/// This is [`Server`](super::Server) without its default stack: no connection limit, no idle
/// timeout, no events, unless `service` contains such layers. The service of a connection is usually
/// a [`DriverService`](crate::driver::DriverService) inside some layers:
///
/// ```no_run
/// use rocketmq_tower::driver::{ConnectionConfig, DriverService};
/// use rocketmq_tower::layers::{ConnectionLimitLayer, RecoverLayer};
/// use rocketmq_tower::server::serve;
/// use rocketmq_tower::{BoxError, Router, ServiceBuilder};
/// use tokio::net::TcpListener;
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), BoxError> {
/// let router = Router::default();
/// let driver = DriverService::server(RecoverLayer::new(), router, ConnectionConfig::server());
/// let service = ServiceBuilder::new().layer(ConnectionLimitLayer::new(100)).service(driver);
///
/// let tcp = TcpListener::bind("127.0.0.1:10911").await?;
/// serve(tcp, service).with_graceful_shutdown(tokio::signal::ctrl_c()).await?;
/// # Ok(())
/// # }
/// ```
///
/// The server waits until the service is ready before it accepts a connection. To wait until the
/// last events are delivered, call [`flush`](crate::layers::EventsLayer::flush) on the events layer
/// afterwards.
pub fn serve<L, S>(listener: L, service: S) -> Serve<L::Listener, S>
where
    L: IntoListener,
    S: ConnectionService<<L::Listener as Listener>::Io>,
{
    let (listener, connections) = (listener.into_listener(), Connections::default());
    Serve {
        listener,
        service,
        connections,
        drain_deadline: DRAIN_DEADLINE,
        raise_file_limit: true,
        signal: pending(),
    }
}

/// A server that runs when it is awaited. Created by [`serve`].
///
/// Its output is a `Result<Shutdown, ServeError>`. It ends when the listener does, which sockets
/// never do, and at the signal of [`with_graceful_shutdown`](Self::with_graceful_shutdown). Dropping
/// the future closes all connections.
#[must_use = "connections are served when this is awaited"]
pub struct Serve<L, S, F = Pending<()>> {
    listener: L,
    service: S,
    connections: Connections,
    drain_deadline: Duration,
    raise_file_limit: bool,
    signal: F,
}

impl<L, S, F> Serve<L, S, F> {
    /// Shuts down gracefully when `signal` resolves, as
    /// [`BoundServer::serve_until`](super::BoundServer::serve_until) does.
    pub fn with_graceful_shutdown<G: Future>(self, signal: G) -> Serve<L, S, G> {
        let Self { listener, service, connections, drain_deadline, raise_file_limit, .. } = self;
        Serve { listener, service, connections, drain_deadline, raise_file_limit, signal }
    }

    /// Uses this table of connections.
    pub fn connections(mut self, connections: Connections) -> Self {
        self.connections = connections;
        self
    }

    /// Sets how long a graceful shutdown waits for connections before it closes those that are
    /// left. Default: 30 s.
    pub fn drain_deadline(mut self, deadline: Duration) -> Self {
        self.drain_deadline = deadline;
        self
    }

    /// Sets whether the process's soft limit of open files (RLIMIT_NOFILE) is raised to the hard
    /// limit, once in the life of the process, before the first connection is accepted. Default: true.
    /// See [`Server::raise_file_limit`](super::Server::raise_file_limit).
    ///
    /// A limit of connections inside `service` is not compared with it.
    pub fn raise_file_limit(mut self, raise: bool) -> Self {
        self.raise_file_limit = raise;
        self
    }

    pub(super) fn table(&self) -> &Connections {
        &self.connections
    }

    pub(super) fn deadline(&self) -> Duration {
        self.drain_deadline
    }
}

impl<L: Listener, S, F> Serve<L, S, F> {
    /// Returns the address that the listener listens on.
    #[must_use]
    pub fn local_addr(&self) -> Addr {
        self.listener.local_addr()
    }

    /// Returns all addresses that the listener listens on.
    #[must_use]
    pub fn local_addrs(&self) -> Vec<Addr> {
        self.listener.local_addrs()
    }
}

impl<L, S> Serve<L, S>
where
    L: Listener,
    S: ConnectionService<L::Io>,
{
    /// Serves in a task of its own. Must be called within a tokio runtime.
    pub fn spawn(self) -> RunningServer {
        let (stop, addrs, connections) = (Stop::new(), self.local_addrs(), self.table().clone());
        let serving = self.with_graceful_shutdown(stop.signal()).into_future();
        RunningServer::start(stop, addrs, connections, serving)
    }
}

impl<L, S, F> Serve<L, S, F>
where
    L: Listener,
    S: ConnectionService<L::Io>,
    F: Future,
{
    /// Serves to the end. Returns the result, and when draining began.
    pub(super) async fn run(self) -> (Result<Shutdown, ServeError>, Instant) {
        if self.raise_file_limit {
            files::raise_limit();
        }
        let mut accepting = AcceptLoop::new(self.service, &self.connections);
        let ended = accepting.run(self.listener, self.signal).await;
        let draining = Instant::now();
        let (waiting, ended) = match ended {
            Ok(waiting) => (waiting, Ok(())),
            Err(error) => (Vec::new(), Err(error)),
        };
        let shutdown = accepting.finish(waiting, self.drain_deadline).await;
        (ended.map(|()| shutdown), draining)
    }
}

impl<L, S, F> IntoFuture for Serve<L, S, F>
where
    L: Listener,
    S: ConnectionService<L::Io>,
    F: Future + Send + 'static,
{
    type Output = Result<Shutdown, ServeError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move { self.run().await.0 })
    }
}

impl<L: Listener, S, F> fmt::Debug for Serve<L, S, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Serve")
            .field("local_addr", &self.local_addr())
            .field("connections", &self.connections.len())
            .field("drain_deadline", &self.drain_deadline)
            .finish_non_exhaustive()
    }
}
