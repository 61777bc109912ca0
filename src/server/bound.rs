//! A server that listens.

use super::running::{RunningServer, Stop};
use super::serve::Serve;
use super::{BoxConnectionService, Connections, Listener, ServeError, Shutdown};
use rocketmq_tower_core::Addr;
use rocketmq_tower_layers::EventsLayer;
use std::fmt;
use std::future::{Future, pending};
use std::time::Duration;
use tokio::time::timeout;

/// The minimum time that the event listener gets for the last events.
const LAST_EVENTS: Duration = Duration::from_secs(1);

/// A server that listens but does not accept yet. Created by [`Server::bind`](super::Server::bind)
/// and [`Server::listen`](super::Server::listen).
///
/// ```no_run
/// use rocketmq_tower::{BoxError, Router, Server};
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), BoxError> {
/// let server = Server::new(Router::default()).bind("127.0.0.1:0").await?;
/// println!("listening on {}", server.local_addr());
/// let connections = server.connections();
/// let shutdown = server.serve_until(tokio::signal::ctrl_c()).await?;
/// println!("{} connections accepted, {} left", shutdown.accepted, connections.len());
/// # Ok(())
/// # }
/// ```
#[must_use = "connections are served by `serve`, `serve_until` or `spawn`"]
pub struct BoundServer<L: Listener> {
    serve: Serve<L, BoxConnectionService<L::Io>>,
    events: EventsLayer,
}

impl<L: Listener> BoundServer<L> {
    pub(super) fn new(serve: Serve<L, BoxConnectionService<L::Io>>, events: EventsLayer) -> Self {
        Self { serve, events }
    }

    /// Returns the address that the server listens on.
    #[must_use]
    pub fn local_addr(&self) -> Addr {
        self.serve.local_addr()
    }

    /// Returns all addresses that the server listens on. There are several if it listens on several
    /// [listeners](super::listener::IntoListener).
    #[must_use]
    pub fn local_addrs(&self) -> Vec<Addr> {
        self.serve.local_addrs()
    }

    /// Returns a handle to the table of the server's connections.
    #[must_use]
    pub fn connections(&self) -> Connections {
        self.serve.table().clone()
    }

    /// Serves in a task of its own, until the returned handle shuts the server down. Must be called
    /// within a tokio runtime.
    ///
    /// ```
    /// use rocketmq_tower::{BoxError, RemotingCommand, RequestCode, Router, Server};
    /// use std::time::Duration;
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), BoxError> {
    /// let server = Server::new(Router::default()).bind("127.0.0.1:0").await?.spawn();
    /// let channel = rocketmq_tower::connect(server.local_addr().to_string()).await?;
    /// let request = RemotingCommand::request(RequestCode::HEART_BEAT);
    /// channel.invoke(request, Duration::from_secs(3)).await?;
    ///
    /// let shutdown = server.shutdown().await?;
    /// assert_eq!(shutdown.accepted, 1);
    /// # Ok(())
    /// # }
    /// ```
    pub fn spawn(self) -> RunningServer {
        let (stop, addrs, connections) = (Stop::new(), self.local_addrs(), self.connections());
        let serving = self.serve_until(stop.signal());
        RunningServer::start(stop, addrs, connections, serving)
    }

    /// Serves until the listener ends, which sockets never do. Dropping the future closes all
    /// connections.
    ///
    /// # Errors
    /// If the stack of the connection level fails permanently, or the listener does.
    pub async fn serve(self) -> Result<Shutdown, ServeError> {
        self.serve_until(pending::<()>()).await
    }

    /// Serves until `signal` resolves, then shuts down gracefully.
    ///
    /// The server stops listening and [drains](rocketmq_tower_core::Channel::drain) every
    /// connection, also those that [wait to be accepted](super::Listener::accept_queued). Requests that were read are answered. New requests are answered with `GO_AWAY`,
    /// if the peer's version supports it. A connection with nothing left to do closes. Connections
    /// that have not ended at the drain deadline are closed. To shut down at once, drop the future.
    ///
    /// [Deferred](rocketmq_tower_core::RemotingCommand::defer) responses, such as those of long
    /// polls, hold up the drain until they are sent, or until the deadline. Send them when
    /// [`Channel::draining`](rocketmq_tower_core::Channel::draining) resolves.
    ///
    /// Finally the server waits for the event listener to take the last events: until the deadline,
    /// and for at least 1 s.
    ///
    /// # Errors
    /// If the stack of the connection level fails permanently, or the listener does. The
    /// connections are drained all the same.
    pub async fn serve_until<S: Future>(self, signal: S) -> Result<Shutdown, ServeError> {
        let deadline = self.serve.deadline();
        let (ended, draining) = self.serve.with_graceful_shutdown(signal).run().await;
        let left = deadline.saturating_sub(draining.elapsed()).max(LAST_EVENTS);
        if timeout(left, self.events.flush()).await.is_err() {
            tracing::warn!("the event listener has not taken all events");
        }
        ended
    }
}

impl<L: Listener> fmt::Debug for BoundServer<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BoundServer")
            .field("local_addr", &self.local_addr())
            .field("connections", &self.serve.table().len())
            .field("drain_deadline", &self.serve.deadline())
            .finish_non_exhaustive()
    }
}
