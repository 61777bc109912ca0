//! From what a server is made of to one that listens.

use super::guards::Guards;
use super::listener::{Listener, Retry, TcpAcceptor};
use super::{BoundServer, Server};
use crate::service::{ConnectionService, Processor};
use crate::stack::{self, BoxedStack, Driving, RequestLayers};
use rocketmq_tower_core::driver::DriverService;
use std::io;
use tokio::net::{TcpStream, ToSocketAddrs};
use tower_layer::Layer;

/// The connection level of a server's stack as one service: what [`Server::into_service`] makes.
pub type BoxConnectionService<Io> = BoxedStack<Io>;

// The bounds are the methods', not the impl's: so the compiler tells which one is not met.
impl<P, R, C, G: Guards> Server<P, R, C, G> {
    /// Listens on a TCP address; port 0 takes a free one. Connections wait in the kernel's queue
    /// until the server is served.
    ///
    /// # Errors
    /// If the address cannot be resolved or bound.
    pub async fn bind(self, addr: impl ToSocketAddrs) -> io::Result<BoundServer<Retry<TcpAcceptor>>>
    where
        P: Clone + Send + 'static,
        RequestLayers<R>: Layer<P, Service: Processor> + Send + 'static,
        C: Layer<G::Inner<Driving<R, P>>, Service: ConnectionService<TcpStream>>,
    {
        let tcp = TcpAcceptor::bind(addr, &self.settings.tcp).await?;
        Ok(self.listen(Retry::new(tcp)))
    }

    /// Serves the connections of any listener.
    pub fn listen<L>(self, listener: L) -> BoundServer<L>
    where
        L: Listener,
        P: Clone + Send + 'static,
        RequestLayers<R>: Layer<P, Service: Processor> + Send + 'static,
        C: Layer<G::Inner<Driving<R, P>>, Service: ConnectionService<L::Io>>,
    {
        let settings = &self.settings;
        let (connections, drain_deadline) = (settings.connections.clone(), settings.drain_deadline);
        let events = self.guards.events();
        BoundServer::new(listener, self.into_service(), connections, events, drain_deadline)
    }

    /// The whole stack as a service of connections, for those who accept them by themselves.
    ///
    /// They call `poll_ready` before accepting, so that the limit holds; make a
    /// [`Connection`](crate::Connection) of what they accepted; and run the future that `call`
    /// returns, one task per connection. [`Connections`](super::Connections) know nothing of these.
    /// To shut down, they [drain](crate::Channel::drain) the connections and wait for the futures,
    /// then for the [events](rocketmq_tower_layers::EventsLayer::flush).
    pub fn into_service<Io>(self) -> BoxConnectionService<Io>
    where
        Io: Send + 'static,
        P: Clone + Send + 'static,
        RequestLayers<R>: Layer<P, Service: Processor> + Send + 'static,
        C: Layer<G::Inner<Driving<R, P>>, Service: ConnectionService<Io>>,
    {
        let Self { processor, request_layer, connection_layer, guards, settings } = self;
        let layers = stack::request_layers(request_layer, settings.hooks);
        let driving = DriverService::server(layers, processor, settings.config);
        guards.outside(connection_layer.layer(guards.inside(driving)))
    }
}
