//! Binds a server to a listener.

use super::listener::{Listener, Retry, TcpAcceptor};
use super::{BoundServer, Server};
use crate::service::{ConnectionService, Processor};
use crate::stack::{HookedProcessor, WatchedDriver};
use std::io;
use tokio::net::{TcpStream, ToSocketAddrs};
use tower_layer::Layer;

impl<P, R, C> Server<P, R, C> {
    /// Listens on a TCP address; port 0 means any free port. Connections wait in the kernel's queue
    /// until [`serve`](BoundServer::serve) or [`serve_until`](BoundServer::serve_until) runs.
    ///
    /// # Errors
    /// If the address cannot be resolved or bound.
    pub async fn bind(self, addr: impl ToSocketAddrs) -> io::Result<BoundServer<Retry<TcpAcceptor>>>
    where
        P: Processor + Clone,
        R: Layer<HookedProcessor<P>, Service: Processor>,
        C: Layer<WatchedDriver<P, R>, Service: ConnectionService<TcpStream>>,
    {
        let tcp = TcpAcceptor::bind(addr, &self.settings.tcp).await?;
        Ok(self.listen(Retry::new(tcp)))
    }

    /// Takes connections from `listener`, such as a Unix socket:
    ///
    /// ```no_run
    /// # #[cfg(unix)]
    /// # async fn serve() -> Result<(), rocketmq_tower::BoxError> {
    /// use rocketmq_tower::server::listener::Retry;
    /// use rocketmq_tower::{Router, Server};
    /// use tokio::net::UnixListener;
    ///
    /// let listener = Retry::new(UnixListener::bind("broker.sock")?);
    /// Server::new(Router::default()).listen(listener).serve().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn listen<L>(self, listener: L) -> BoundServer<L>
    where
        L: Listener,
        P: Processor + Clone,
        R: Layer<HookedProcessor<P>, Service: Processor>,
        C: Layer<WatchedDriver<P, R>, Service: ConnectionService<L::Io>>,
    {
        let events = self.settings.events.clone();
        let connections = self.settings.connections.clone();
        let drain_deadline = self.settings.drain_deadline;
        let serve = super::serve(listener, self.into_service())
            .connections(connections)
            .drain_deadline(drain_deadline);
        BoundServer::new(serve, events)
    }
}
