//! The parts of a server: a processor and the layers around it.

use super::files;
use super::settings::Settings;
use crate::service::{ConnectionService, Processor};
use crate::stack::{self, BoxConnectionService, HookedProcessor, WatchedDriver};
use rocketmq_tower_core::driver::DriverService;
use std::fmt;
use tower::layer::util::{Identity, Stack};
use tower_layer::Layer;

/// Builds a server from a processor, the layers around it, and the bounds of its connections.
///
/// ```no_run
/// use rocketmq_tower::layers::{FirstByteTimeoutLayer, SpawnLayer};
/// use rocketmq_tower::{BoxError, RemotingCommand, ResponseCode, Server, service_fn};
/// use std::time::Duration;
///
/// async fn echo(mut request: RemotingCommand) -> Result<RemotingCommand, BoxError> {
///     Ok(RemotingCommand::response(ResponseCode::SUCCESS).with_body(request.take_body()))
/// }
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), BoxError> {
/// let server = Server::new(service_fn(echo))
///     .max_connections(10_000)
///     .idle_timeout(Duration::from_secs(60))
///     .connection_layer(FirstByteTimeoutLayer::new(Duration::from_secs(5)))
///     .layer(SpawnLayer::new())
///     .bind("127.0.0.1:10911")
///     .await?;
/// server.serve_until(tokio::signal::ctrl_c()).await?;
/// # Ok(())
/// # }
/// ```
///
/// # The default stack
///
/// | layer | by default | set by | switched off by |
/// |---|---|---|---|
/// | `connection_limit` | at most 1000 connections, fewer if the process may open few files; more wait in the kernel's queue | [`max_connections`](Self::max_connections), [`connection_limit`](Self::connection_limit) | `max_connections(None)` |
/// | `events` | none are reported | [`event_listener`](Self::event_listener), [`events`](Self::events) | `events(EventsLayer::silent())` |
/// | `idle_timeout` | 120 s | [`idle_timeout`](Self::idle_timeout) | `idle_timeout(None)` |
/// | `read_idle_timeout` | off | [`read_idle_timeout`](Self::read_idle_timeout) | |
/// | `recover` | every error of the processor becomes a response | [`map_error`](Self::map_error) | |
/// | layers for each connection | none | [`layer`](Self::layer) | |
/// | `rpc_hook` | no hooks | [`hook`](Self::hook) | |
/// | layers for all connections | none | [`shared_layer`](Self::shared_layer) | |
///
/// To build the connection level by hand, use [`serve`](super::serve).
///
/// # One processor for each connection
///
/// The processor is cloned for every connection. State that the clones share is shared by all
/// connections. [`layer`](Self::layer) puts a layer around each clone: a limit limits one connection,
/// and its `Global` sibling limits the whole server. [`shared_layer`](Self::shared_layer) puts a layer
/// around the processor before it is cloned: its state is the whole server's.
pub struct Server<P, R = Identity, C = Identity> {
    pub(super) processor: P,
    pub(super) request_layers: R,
    pub(super) connection_layers: C,
    pub(super) settings: Settings,
}

impl<P> Server<P> {
    /// Creates a server with the default stack around `processor`.
    #[must_use]
    pub fn new(processor: P) -> Self {
        Self {
            processor,
            request_layers: Identity::new(),
            connection_layers: Identity::new(),
            settings: Settings::default(),
        }
    }
}

impl<P, R, C> Server<P, R, C> {
    /// Adds a layer around the processor of each connection. The first layer added is the
    /// outermost, as in `tower::ServiceBuilder`.
    ///
    /// The layer is applied once for each connection, so state in its service belongs to one
    /// connection: tower's `ConcurrencyLimitLayer` limits each connection, and
    /// `GlobalConcurrencyLimitLayer` the whole server. For a cache, a circuit breaker or another
    /// layer of which the server needs one, use [`shared_layer`](Self::shared_layer), where a table
    /// compares the two.
    #[must_use]
    pub fn layer<L>(self, layer: L) -> Server<P, Stack<L, R>, C> {
        let Self { processor, request_layers, connection_layers, settings } = self;
        let request_layers = Stack::new(layer, request_layers);
        Server { processor, request_layers, connection_layers, settings }
    }

    /// Adds a layer around the service of connections: inside the connection limit, outside the
    /// events. The first layer added is the outermost.
    ///
    /// The service inside never fails: its error is `Infallible`. Where that is too narrow, such as
    /// for `option_layer` of a timeout, whose two branches must have the same error, add
    /// `MapErrLayer::new(BoxError::from)` after it.
    #[must_use]
    pub fn connection_layer<L>(self, layer: L) -> Server<P, R, Stack<L, C>> {
        let Self { processor, request_layers, connection_layers, settings } = self;
        let connection_layers = Stack::new(layer, connection_layers);
        Server { processor, request_layers, connection_layers, settings }
    }

    /// Returns the whole stack as a service of connections, for programs that accept connections
    /// themselves.
    ///
    /// Such a program calls `poll_ready` before it accepts, so that the limit holds. It makes a
    /// [`Connection`](crate::Connection) of each accepted socket, and runs the future that `call`
    /// returns, one task for each connection. The table of [`Connections`](super::Connections) does
    /// not contain these connections. To shut down, the program [drains](crate::Channel::drain) the
    /// connections, waits for the futures, and then [flushes](crate::layers::EventsLayer::flush)
    /// the events. [`serve`](super::serve) does all of this except the flush.
    ///
    /// This raises the process's [limit of open files](Self::raise_file_limit), by which it chooses
    /// the default limit of connections.
    // The bounds are on the method, not on the impl, so that the compiler names the one not met.
    pub fn into_service<Io>(self) -> BoxConnectionService<Io>
    where
        Io: Send + 'static,
        P: Processor + Clone,
        R: Layer<HookedProcessor<P>, Service: Processor>,
        C: Layer<WatchedDriver<P, R>, Service: ConnectionService<Io>>,
    {
        let Self { processor, request_layers, connection_layers, settings } = self;
        if settings.raise_file_limit {
            files::raise_limit();
        }
        let limit = settings.connection_limit.layer(files::allowed());
        let layers = stack::request_layers(request_layers, settings.hooks, settings.recover);
        let mut config = settings.config;
        config.budget = settings.budget.or(config.budget);
        let driver = DriverService::server(layers, processor, config);
        let watched = stack::watched(
            driver,
            &settings.events,
            settings.idle_timeout,
            settings.read_idle_timeout,
        );
        stack::limited(connection_layers.layer(watched), limit.as_ref())
    }
}

impl<P, R, C> fmt::Debug for Server<P, R, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("settings", &self.settings).finish_non_exhaustive()
    }
}
