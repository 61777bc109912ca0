//! Binds a server to a listener.

use super::listener::{IntoListener, Listener, Retry, TcpAcceptor};
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
    /// If `addr` resolves to several addresses, listens on the first one that can be bound. To listen
    /// on several, use [`listen`](Self::listen).
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
        Ok(self.listen(tcp))
    }

    /// Takes connections from `listener`: tokio's `TcpListener` or `UnixListener`, any
    /// [`Listener`], or several of them. [`IntoListener`] lists what it can be.
    ///
    /// A processor that needs the server's address is built after the socket is bound:
    ///
    /// ```no_run
    /// use rocketmq_tower::{BoxError, RemotingCommand, Server, service_fn};
    /// use tokio::net::TcpListener;
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), BoxError> {
    /// let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// let addr = listener.local_addr()?;
    /// let processor = service_fn(move |_request: RemotingCommand| async move {
    ///     Ok::<_, BoxError>(RemotingCommand::response(0).with_ext_field("brokerAddr", &addr.to_string()))
    /// });
    /// Server::new(processor).listen(listener).serve().await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// With several listeners, one limit of connections and one shutdown apply to all:
    ///
    /// ```no_run
    /// # #[cfg(unix)]
    /// # async fn serve() -> Result<(), rocketmq_tower::BoxError> {
    /// use rocketmq_tower::{Router, Server};
    /// use tokio::net::{TcpListener, UnixListener};
    ///
    /// let tcp = vec![TcpListener::bind("127.0.0.1:10911").await?, TcpListener::bind("[::1]:10911").await?];
    /// let unix = UnixListener::bind("broker.sock")?;
    /// let server = Server::new(Router::default()).listen((tcp, unix));
    /// println!("listening on {:?}", server.local_addrs());
    /// server.serve_until(tokio::signal::ctrl_c()).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// To bind with [`TcpOptions`](super::TcpOptions), use [`TcpAcceptor::bind`].
    pub fn listen<L>(self, listener: L) -> BoundServer<L::Listener>
    where
        L: IntoListener,
        P: Processor + Clone,
        R: Layer<HookedProcessor<P>, Service: Processor>,
        C: Layer<WatchedDriver<P, R>, Service: ConnectionService<<L::Listener as Listener>::Io>>,
    {
        let events = self.settings.events.clone();
        let connections = self.settings.connections.clone();
        let drain_deadline = self.settings.drain_deadline;
        let raise_file_limit = self.settings.raise_file_limit;
        let serve = super::serve(listener, self.into_service())
            .connections(connections)
            .raise_file_limit(raise_file_limit)
            .drain_deadline(drain_deadline);
        BoundServer::new(serve, events)
    }
}
