//! What a server is made of.

use super::guards::{Bare, Guarded};
use super::{Connections, TcpOptions};
use rocketmq_tower_core::driver::ConnectionConfig;
use rocketmq_tower_layers::RpcHookLayer;
use rocketmq_tower_layers::rpc_hook::RpcHook;
use std::fmt;
use std::time::Duration;
use tower::layer::util::{Identity, Stack};

/// A server to be: a processor, the layers around it, and the bounds of connections.
///
/// | | [`new`](Self::new) | [`bare`](Self::bare) |
/// |---|---|---|
/// | connections at a time | 1000, more wait in the kernel's queue | no limit |
/// | idle connections | closed after 120 s | kept |
/// | events | to who asks for them | none |
/// | to set these three | [`max_connections`](Self::max_connections) and so on | no way |
/// | errors and panics of the processor | answered | answered |
/// | bounds of each connection | [`ConnectionConfig::server`] | the same |
///
/// The processor is cloned for every connection; what the clones share is the server's. A request
/// layer is put around each clone, so that a limit layer limits one connection, and its `Global`
/// sibling the server.
///
/// `Guards` is [`Guarded`] or [`Bare`]: what the server puts around connections by itself.
pub struct Server<P, RequestLayer = Identity, ConnectionLayer = Identity, Guards = Guarded> {
    pub(super) processor: P,
    pub(super) request_layer: RequestLayer,
    pub(super) connection_layer: ConnectionLayer,
    pub(super) guards: Guards,
    pub(super) settings: Settings,
}

/// What does not depend on the types of layers.
#[derive(Debug)]
pub(super) struct Settings {
    pub(super) hooks: RpcHookLayer,
    pub(super) config: ConnectionConfig,
    pub(super) tcp: TcpOptions,
    pub(super) connections: Connections,
    pub(super) drain_deadline: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            hooks: RpcHookLayer::new(),
            config: ConnectionConfig::server(),
            tcp: TcpOptions::default(),
            connections: Connections::default(),
            drain_deadline: Duration::from_secs(30),
        }
    }
}

impl<P> Server<P> {
    /// A server with the default stack.
    #[must_use]
    pub fn new(processor: P) -> Self {
        Self::with_guards(processor, Guarded::default())
    }

    /// A server without the layers of the connection level: no limit, no idle timeout, no events.
    /// Who wants some of them adds those as [connection layers](Self::connection_layer).
    #[must_use]
    pub fn bare(processor: P) -> Server<P, Identity, Identity, Bare> {
        Server::with_guards(processor, Bare::default())
    }
}

impl<P, G> Server<P, Identity, Identity, G> {
    fn with_guards(processor: P, guards: G) -> Self {
        Self {
            processor,
            request_layer: Identity::new(),
            connection_layer: Identity::new(),
            guards,
            settings: Settings::default(),
        }
    }
}

impl<P, R, C, G> Server<P, R, C, G> {
    /// Adds a layer around the processor of each connection. The first that is added is outermost,
    /// as with `tower::ServiceBuilder`.
    #[must_use]
    pub fn layer<L>(self, layer: L) -> Server<P, Stack<L, R>, C, G> {
        let Self { processor, request_layer, connection_layer, guards, settings } = self;
        let request_layer = Stack::new(layer, request_layer);
        Server { processor, request_layer, connection_layer, guards, settings }
    }

    /// Adds a layer around the service of connections: inside of the connection limit, outside of
    /// events. The first that is added is outermost.
    ///
    /// What is inside never fails: its error is `Infallible`. Where that is too narrow, such as for
    /// `option_layer` of a timeout, both of whose branches must fail alike, add
    /// `MapErrLayer::new(BoxError::from)` after it.
    #[must_use]
    pub fn connection_layer<L>(self, layer: L) -> Server<P, R, Stack<L, C>, G> {
        let Self { processor, request_layer, connection_layer, guards, settings } = self;
        let connection_layer = Stack::new(layer, connection_layer);
        Server { processor, request_layer, connection_layer, guards, settings }
    }

    /// Adds an RPC hook. Hooks run inside of all request layers.
    #[must_use]
    pub fn hook(mut self, hook: impl RpcHook) -> Self {
        self.settings.hooks = self.settings.hooks.hook(hook);
        self
    }

    /// Sets the bounds of each connection.
    #[must_use]
    pub fn config(mut self, config: ConnectionConfig) -> Self {
        self.settings.config = config;
        self
    }

    /// Sets the options of the TCP sockets that [`bind`](Self::bind) makes.
    #[must_use]
    pub fn tcp_options(mut self, options: TcpOptions) -> Self {
        self.settings.tcp = options;
        self
    }

    /// Keeps the server's connections in this table: made before the processor, it can be the
    /// processor's.
    #[must_use]
    pub fn connections(mut self, connections: Connections) -> Self {
        self.settings.connections = connections;
        self
    }

    /// How long a graceful shutdown may take before the connections that are left are cut. 30 s, as
    /// Java's `shutdownWaitTimeSeconds`.
    #[must_use]
    pub fn drain_deadline(mut self, deadline: Duration) -> Self {
        self.settings.drain_deadline = deadline;
        self
    }
}

impl<P, R, C, G: fmt::Debug> fmt::Debug for Server<P, R, C, G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("guards", &self.guards)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}
