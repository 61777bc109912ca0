//! What a server is made of.

use super::bound::Bound;
use super::listener::{Listener, Retry, Tcp, TcpOptions};
use crate::service::{ConnectionService, Processor};
use crate::stack::{self, BoxedStack, Driving, RequestLayers, Watched};
use rocketmq_tower_core::driver::ConnectionConfig;
use rocketmq_tower_layers::events::EventListener;
use rocketmq_tower_layers::rpc_hook::RpcHook;
use rocketmq_tower_layers::{ConnectionLimitLayer, EventsLayer, IdleTimeoutLayer, RpcHookLayer};
use std::fmt;
use std::io;
use std::time::Duration;
use tokio::net::ToSocketAddrs;
use tower::layer::util::{Identity, Stack};
use tower_layer::Layer;

/// The connection level of a server's stack as one service: what [`Server::into_service`] makes.
pub type BoxConnectionService<Io> = BoxedStack<Io>;

/// A server to be: a processor, the layers around it, and the bounds of connections.
///
/// | | [`new`](Self::new) | [`bare`](Self::bare) |
/// |---|---|---|
/// | connections at a time | 1000, more wait in the kernel's queue | no limit |
/// | idle connections | closed after 120 s | kept |
/// | events | to who asks for them | none |
/// | errors and panics of the processor | answered | answered |
/// | bounds of each connection | [`ConnectionConfig::server`] | the same |
///
/// The processor is cloned for every connection; what the clones share is the server's. A request
/// layer is put around each clone, so that a limit layer limits one connection, and its `Global`
/// sibling the server.
pub struct Server<P, RequestLayer = Identity, ConnectionLayer = Identity> {
    processor: P,
    request_layer: RequestLayer,
    connection_layer: ConnectionLayer,
    hooks: RpcHookLayer,
    guards: Option<Guards>,
    config: ConnectionConfig,
    tcp: TcpOptions,
    drain_deadline: Duration,
}

/// The layers that a bare server does without.
struct Guards {
    limit: ConnectionLimitLayer,
    idle_timeout: IdleTimeoutLayer,
    events: EventsLayer,
}

impl Default for Guards {
    fn default() -> Self {
        Self {
            limit: ConnectionLimitLayer::new(1000),
            idle_timeout: IdleTimeoutLayer::default(),
            events: EventsLayer::unheard(),
        }
    }
}

impl<P> Server<P> {
    /// A server with the default stack.
    #[must_use]
    pub fn new(processor: P) -> Self {
        Self { guards: Some(Guards::default()), ..Self::bare(processor) }
    }

    /// A server without the layers of the connection level: no limit, no idle timeout, no events.
    /// Setting one of them brings all three back.
    #[must_use]
    pub fn bare(processor: P) -> Self {
        Self {
            processor,
            request_layer: Identity::new(),
            connection_layer: Identity::new(),
            hooks: RpcHookLayer::new(),
            guards: None,
            config: ConnectionConfig::server(),
            tcp: TcpOptions::default(),
            drain_deadline: Duration::from_secs(30),
        }
    }
}

impl<P, R, C> Server<P, R, C> {
    /// Adds a layer around the processor of each connection. The first that is added is outermost,
    /// as with `tower::ServiceBuilder`.
    #[must_use]
    pub fn layer<L>(self, layer: L) -> Server<P, Stack<L, R>, C> {
        Server {
            processor: self.processor,
            request_layer: Stack::new(layer, self.request_layer),
            connection_layer: self.connection_layer,
            hooks: self.hooks,
            guards: self.guards,
            config: self.config,
            tcp: self.tcp,
            drain_deadline: self.drain_deadline,
        }
    }

    /// Adds a layer around the service of connections: inside of the connection limit, outside of
    /// events. The first that is added is outermost.
    #[must_use]
    pub fn connection_layer<L>(self, layer: L) -> Server<P, R, Stack<L, C>> {
        Server {
            processor: self.processor,
            request_layer: self.request_layer,
            connection_layer: Stack::new(layer, self.connection_layer),
            hooks: self.hooks,
            guards: self.guards,
            config: self.config,
            tcp: self.tcp,
            drain_deadline: self.drain_deadline,
        }
    }

    /// Adds an RPC hook. Hooks run inside of all request layers.
    #[must_use]
    pub fn hook(mut self, hook: impl RpcHook) -> Self {
        self.hooks = self.hooks.hook(hook);
        self
    }

    /// So many connections at a time; more wait in the kernel's queue. 1000 by default.
    #[must_use]
    pub fn max_connections(self, max: usize) -> Self {
        self.connection_limit(ConnectionLimitLayer::new(max))
    }

    /// Limits connections in this way, such as per address.
    #[must_use]
    pub fn connection_limit(mut self, limit: ConnectionLimitLayer) -> Self {
        self.guards().limit = limit;
        self
    }

    /// Closes connections on which nothing moved for this long. 120 s by default; `Duration::MAX`
    /// for never.
    #[must_use]
    pub fn idle_timeout(mut self, limit: Duration) -> Self {
        self.guards().idle_timeout = IdleTimeoutLayer::new(limit);
        self
    }

    /// Reports events of connections to `listener`.
    #[must_use]
    pub fn listener(self, listener: impl EventListener) -> Self {
        self.events(EventsLayer::new(listener))
    }

    /// Reports events of connections in this way: to a closure, as a stream, as a broadcast of
    /// addresses.
    #[must_use]
    pub fn events(mut self, events: EventsLayer) -> Self {
        self.guards().events = events;
        self
    }

    fn guards(&mut self) -> &mut Guards {
        self.guards.get_or_insert_with(Guards::default)
    }

    /// Sets the bounds of each connection.
    #[must_use]
    pub fn config(mut self, config: ConnectionConfig) -> Self {
        self.config = config;
        self
    }

    /// Sets the options of the TCP sockets that [`bind`](Self::bind) makes.
    #[must_use]
    pub fn tcp_options(mut self, options: TcpOptions) -> Self {
        self.tcp = options;
        self
    }

    /// How long a graceful shutdown may take before the connections that are left are cut. 30 s, as
    /// Java's `shutdownWaitTimeSeconds`.
    #[must_use]
    pub fn drain_deadline(mut self, deadline: Duration) -> Self {
        self.drain_deadline = deadline;
        self
    }

    /// Listens on a TCP address; port 0 takes a free one. Connections wait in the kernel's queue
    /// until the server is served.
    ///
    /// # Errors
    /// If the address cannot be resolved or bound.
    pub async fn bind(self, addr: impl ToSocketAddrs) -> io::Result<Bound<Retry<Tcp>>>
    where
        P: Clone + Send + 'static,
        RequestLayers<R>: Layer<P, Service: Processor> + Send + 'static,
        C: Layer<Watched<R, P>, Service: ConnectionService<tokio::net::TcpStream>>
            + Layer<Driving<R, P>, Service: ConnectionService<tokio::net::TcpStream>>,
    {
        let tcp = Tcp::bind(addr, &self.tcp).await?;
        Ok(self.listen(Retry::new(tcp)))
    }

    /// Serves the connections of any listener.
    pub fn listen<L>(self, listener: L) -> Bound<L>
    where
        L: Listener,
        P: Clone + Send + 'static,
        RequestLayers<R>: Layer<P, Service: Processor> + Send + 'static,
        C: Layer<Watched<R, P>, Service: ConnectionService<L::Io>>
            + Layer<Driving<R, P>, Service: ConnectionService<L::Io>>,
    {
        let drain_deadline = self.drain_deadline;
        Bound::new(listener, self.into_service(), drain_deadline)
    }

    /// The whole stack as a service of connections, for those who accept them by themselves.
    ///
    /// They call `poll_ready` before accepting, so that the limit holds; make a
    /// [`Connection`](crate::Connection) of what they accepted; and run the future that `call`
    /// returns, one task per connection. To shut down, they [drain](crate::Channel::drain) the
    /// connections and wait for the futures.
    pub fn into_service<Io>(self) -> BoxConnectionService<Io>
    where
        Io: Send + 'static,
        P: Clone + Send + 'static,
        RequestLayers<R>: Layer<P, Service: Processor> + Send + 'static,
        C: Layer<Watched<R, P>, Service: ConnectionService<Io>>
            + Layer<Driving<R, P>, Service: ConnectionService<Io>>,
    {
        let Self { request_layer, connection_layer, hooks, config, processor, .. } = self;
        let driving = stack::driving(request_layer, hooks, processor, config);
        match self.guards {
            None => stack::boxed(connection_layer.layer(driving)),
            Some(Guards { limit, idle_timeout, events }) => {
                let watched = stack::watched(driving, &events, idle_timeout);
                stack::limited(connection_layer.layer(watched), &limit)
            }
        }
    }
}

impl<P, R, C> fmt::Debug for Server<P, R, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("bare", &self.guards.is_none())
            .field("hooks", &self.hooks)
            .field("config", &self.config)
            .field("tcp", &self.tcp)
            .field("drain_deadline", &self.drain_deadline)
            .finish_non_exhaustive()
    }
}
