//! One connection to a server.

use super::transport::{ConnectError, TcpTransport};
use super::unsupported::Unsupported;
use crate::service::{ConnectionService, Processor};
use crate::stack::{self, WatchedDriver};
use rocketmq_tower_core::driver::{ConnectionConfig, DriverService};
use rocketmq_tower_core::error::chain_text;
use rocketmq_tower_core::{BoxError, Channel, ChannelInfo, CloseReason, Connection, Disconnect};
use rocketmq_tower_layers::task::spawn;
use rocketmq_tower_layers::{
    EventsLayer, IdleTimeoutLayer, ReadIdleTimeoutLayer, RecoverLayer, RpcHookLayer,
};
use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, ToSocketAddrs};
use tower::ServiceExt;
use tower::layer::util::{Identity, Stack};
use tower_layer::Layer;

/// The default idle time, 20 s shorter than that of servers, ours and Java's. When both are equal,
/// the server may close just as this side sends a request, which is then lost. The difference has
/// to exceed a round trip and the slack of both sides' timers, also on a machine that is overloaded
/// or pauses for a while. Heartbeats, every 30 s, keep connections open that are in use.
const IDLE_TIMEOUT: Duration = Duration::from_secs(100);

/// Makes connections to servers. Holds the transport, the limits of each connection, and the
/// service for the requests that servers send.
///
/// Each connection runs in its own task until either side closes it, no byte moves on it for 100 s
/// (in Java 120 s, `clientChannelMaxIdleTimeSeconds`), or no [channel](Self::connect) keeps it open.
///
/// ```no_run
/// use rocketmq_tower::client::Connector;
/// use rocketmq_tower::{BoxError, RemotingCommand, RequestCode, Router, service_fn};
/// use std::time::Duration;
///
/// async fn notified(request: RemotingCommand) -> Result<RemotingCommand, BoxError> {
///     println!("the consumer group has changed: {:?}", request.ext_fields().get("consumerGroup"));
///     Ok(RemotingCommand::response(0))
/// }
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), BoxError> {
/// let requests_of_the_server = Router::builder()
///     .route(RequestCode::NOTIFY_CONSUMER_IDS_CHANGED, service_fn(notified))
///     .build()?;
/// let connector = Connector::new()
///     .service(requests_of_the_server)
///     .connect_timeout(Duration::from_secs(1));
/// let channel = connector.connect("127.0.0.1:10911").await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Connector<P = Unsupported, T = TcpTransport, C = Identity> {
    pub(super) transport: T,
    processor: P,
    connection_layers: C,
    settings: Settings,
}

/// The settings that do not depend on the types of the processor, the transport and the layers.
#[derive(Clone)]
struct Settings {
    config: Arc<ConnectionConfig>,
    idle_timeout: IdleTimeoutLayer,
    read_idle_timeout: ReadIdleTimeoutLayer,
    events: EventsLayer,
}

impl Connector {
    /// Creates a connector over TCP that answers every request of a server with
    /// `REQUEST_CODE_NOT_SUPPORTED`.
    #[must_use]
    pub fn new() -> Self {
        Self {
            transport: TcpTransport::new(),
            processor: Unsupported,
            connection_layers: Identity::new(),
            settings: Settings {
                config: Arc::new(ConnectionConfig::client()),
                idle_timeout: IdleTimeoutLayer::new(IDLE_TIMEOUT),
                read_idle_timeout: ReadIdleTimeoutLayer::new(Duration::MAX),
                events: EventsLayer::silent(),
            },
        }
    }
}

impl Default for Connector {
    fn default() -> Self {
        Self::new()
    }
}

impl<P, T, C> Connector<P, T, C> {
    /// Sends the requests of servers to `processor`, such as a [`Router`](crate::Router).
    #[must_use]
    pub fn service<Q>(self, processor: Q) -> Connector<Q, T, C> {
        let Self { transport, connection_layers, settings, .. } = self;
        Connector { transport, processor, connection_layers, settings }
    }

    /// Connects over this transport: a Unix socket, a proxy, TLS. See
    /// [`transport`](super::transport).
    #[must_use]
    pub fn transport<U>(self, transport: U) -> Connector<P, U, C> {
        let Self { processor, connection_layers, settings, .. } = self;
        Connector { transport, processor, connection_layers, settings }
    }

    /// Adds a layer around the service that runs a connection, outside the events and the idle
    /// timeout, as [`Server::connection_layer`](crate::Server::connection_layer) does on a server.
    /// The first layer added is the outermost.
    ///
    /// The layer is applied once for each connection: state in its service belongs to one
    /// connection. When it ends the connection, the calls in flight fail.
    ///
    /// ```no_run
    /// use rocketmq_tower::client::{Client, Connector};
    /// use rocketmq_tower::layers::TraceLayer;
    /// use std::time::Duration;
    /// use tower::timeout::TimeoutLayer;
    ///
    /// // A span for each connection; after 10 minutes, a new connection.
    /// let connector = Connector::new()
    ///     .connection_layer(TraceLayer::new())
    ///     .connection_layer(TimeoutLayer::new(Duration::from_secs(600)));
    /// let client = Client::builder().connector(connector).build();
    /// ```
    #[must_use]
    pub fn connection_layer<L>(self, layer: L) -> Connector<P, T, Stack<L, C>> {
        let Self { transport, processor, connection_layers, settings } = self;
        let connection_layers = Stack::new(layer, connection_layers);
        Connector { transport, processor, connection_layers, settings }
    }

    /// Sets the limits of each connection. Default: [`ConnectionConfig::client`].
    #[must_use]
    pub fn config(mut self, config: ConnectionConfig) -> Self {
        self.settings.config = Arc::new(config);
        self
    }

    /// Ends connections on which no byte moves for this long. Default: 100 s; `None` keeps them
    /// open. Zero closes every connection at once (in Java, zero means never).
    ///
    /// A connection is drained, so a call in flight gets its response if it comes within 30 s. Takes
    /// a time, or a layer, which can also spare connections with calls in flight.
    ///
    /// Keep it well below the idle time of the servers, which is 120 s by default: a call that is
    /// sent while the server closes the connection is lost, or must be sent again.
    #[must_use]
    pub fn idle_timeout(mut self, limit: impl Into<IdleTimeoutLayer>) -> Self {
        self.settings.idle_timeout = limit.into();
        self
    }

    /// Closes connections whose servers send nothing for `limit`, whatever is written to them.
    /// Default: `None`. A server may have nothing to send: this suits only those that push or answer
    /// regularly. See [`read_idle_timeout`](rocketmq_tower_layers::read_idle_timeout).
    #[must_use]
    pub fn read_idle_timeout(mut self, limit: impl Into<Option<Duration>>) -> Self {
        let limit = limit.into().unwrap_or(Duration::MAX);
        self.settings.read_idle_timeout = ReadIdleTimeoutLayer::new(limit);
        self
    }

    /// Reports the events of connections with this layer.
    #[must_use]
    pub fn events(mut self, events: EventsLayer) -> Self {
        self.settings.events = events;
        self
    }

    /// Runs a connection that was opened in another way. Must be called within a tokio runtime.
    ///
    /// As with [`connect`](Self::connect), the channel and its clones keep the connection open.
    #[must_use = "the connection ends when its channel is dropped"]
    pub fn run<Io>(&self, io: Io, info: ChannelInfo) -> Channel
    where
        Io: AsyncRead + AsyncWrite + Unpin + Send + 'static,
        P: Processor + Clone,
        C: Layer<WatchedDriver<P, Identity>, Service: ConnectionService<Io>>,
    {
        self.start(io, info, |_| {})
    }

    /// Makes a connection that was opened in another way, for a task that the caller has already: returns its handle, and the future that
    /// runs it. Spawns nothing.
    ///
    /// As with [`connect`](Self::connect), the channel and its clones keep the connection open. Dropping the future closes it. So two
    /// connections that belong together, such as those of a gateway, may run in one task.
    #[must_use = "the connection ends when its future is dropped"]
    pub fn open<Io>(
        &self,
        io: Io,
        info: ChannelInfo,
    ) -> (Channel, impl Future<Output = CloseReason> + Send + use<Io, P, T, C>)
    where
        Io: AsyncRead + AsyncWrite + Unpin + Send + 'static,
        P: Processor + Clone,
        C: Layer<WatchedDriver<P, Identity>, Service: ConnectionService<Io>>,
    {
        let connection = Connection::new(io, info);
        let channel = connection.channel().drain_on_drop();
        (channel, lifetime(self.connection_service(), connection, |_| {}))
    }

    /// Runs a connection, and calls `on_end` with its id when it has ended.
    pub(super) fn start<Io>(
        &self,
        io: Io,
        info: ChannelInfo,
        on_end: impl FnOnce(u64) + Send + 'static,
    ) -> Channel
    where
        Io: AsyncRead + AsyncWrite + Unpin + Send + 'static,
        P: Processor + Clone,
        C: Layer<WatchedDriver<P, Identity>, Service: ConnectionService<Io>>,
    {
        let connection = Connection::new(io, info);
        let channel = connection.channel().drain_on_drop();
        let lifetime = lifetime(self.connection_service(), connection, on_end);
        _ = spawn("rocketmq client connection", lifetime);
        channel
    }

    /// Returns the service that runs one connection.
    fn connection_service<Io>(&self) -> C::Service
    where
        P: Processor + Clone,
        C: Layer<WatchedDriver<P, Identity>, Service: ConnectionService<Io>>,
    {
        let layers =
            stack::request_layers(Identity::new(), RpcHookLayer::new(), RecoverLayer::new());
        let (processor, config) = (self.processor.clone(), Arc::clone(&self.settings.config));
        let driver = DriverService::client(layers, processor, config);
        let Settings { idle_timeout, read_idle_timeout, events, .. } = &self.settings;
        let watched = stack::watched(driver, events, *idle_timeout, *read_idle_timeout);
        self.connection_layers.layer(watched)
    }
}

/// Returns the future that runs a connection with this service, and then calls `on_end` with its id.
fn lifetime<Io, S>(
    service: S,
    connection: Connection<Io>,
    on_end: impl FnOnce(u64) + Send + 'static,
) -> impl Future<Output = CloseReason> + Send + 'static
where
    Io: Send + 'static,
    S: ConnectionService<Io>,
{
    let handle = connection.channel();
    let lifetime = begin(service, connection);
    async move {
        let lifetime = async {
            if let Err(error) = lifetime.await {
                let id = handle.id();
                tracing::debug!(id, error = chain_text(&*error), "a layer ended a connection");
            }
        };
        // Requests of the server may still run after the connection has ended.
        let ended = async {
            let reason = handle.closed().await;
            on_end(handle.id());
            let (id, peer) = (handle.id(), handle.peer_addr());
            tracing::debug!(id, %peer, reason = chain_text(&reason), "connection ended");
            reason
        };
        tokio::join!(lifetime, ended).1
    }
}

/// Hands the connection to the service: at once if it is ready, so that calls find a driver and keep
/// their order from the first one on; otherwise in the returned future.
fn begin<Io, S>(
    mut service: S,
    connection: Connection<Io>,
) -> impl Future<Output = Result<Disconnect, BoxError>> + Send
where
    Io: Send + 'static,
    S: ConnectionService<Io>,
{
    // In boxes: each async block around a future has room for two of it, and there are three of them.
    let begun = match service.poll_ready(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(ready) => {
            Ok(ready.map(|()| Box::pin(service.call(connection))).map_err(Into::into))
        }
        Poll::Pending => Err(Box::pin(service.oneshot(connection))),
    };
    async move {
        match begun {
            Ok(lifetime) => lifetime?.await.map_err(Into::into),
            Err(lifetime) => lifetime.await.map_err(Into::into),
        }
    }
}

impl<P, C> Connector<P, TcpTransport, C> {
    /// Sets how long connecting to one address may take, and how long resolving a name may take.
    /// Default: 3 s, as Java's `connectTimeoutMillis`.
    #[must_use]
    pub fn connect_timeout(mut self, limit: Duration) -> Self {
        self.transport = self.transport.connect_timeout(limit);
        self
    }

    /// Connects to one of the addresses. They are tried in the given order with IPv6 and IPv4 in
    /// turn, each for at most the [`connect_timeout`](Self::connect_timeout). An address that does not
    /// respond delays the next by 250 ms: see [`TcpTransport`].
    ///
    /// The returned [`Channel`] and its clones keep the connection open. When the last of them is
    /// dropped, the connection is [drained](Channel::drain) and closes: keep one as long as the
    /// server should be able to reach this client. The handles in requests of the server do not
    /// count.
    ///
    /// # Errors
    /// If no address can be reached: the error of the only one, or [`ConnectError::AllFailed`].
    pub async fn connect(&self, addr: impl ToSocketAddrs) -> Result<Channel, ConnectError>
    where
        P: Processor + Clone,
        C: Layer<WatchedDriver<P, Identity>, Service: ConnectionService<TcpStream>>,
    {
        let (stream, info) = self.transport.dial(addr).await?;
        Ok(self.run(stream, info))
    }
}

impl<P, T: fmt::Debug, C> fmt::Debug for Connector<P, T, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connector")
            .field("transport", &self.transport)
            .field("config", &self.settings.config)
            .field("idle_timeout", &self.settings.idle_timeout)
            .field("read_idle_timeout", &self.settings.read_idle_timeout)
            .field("events", &self.settings.events)
            .finish_non_exhaustive()
    }
}

/// Connects to a server over TCP. Answers requests of the server with `REQUEST_CODE_NOT_SUPPORTED`.
/// See [`Connector`] for more.
///
/// The channel and its clones keep the connection open: see [`Connector::connect`].
///
/// # Errors
/// If none of the addresses that `addr` resolves to can be reached. Each is tried for at most 3 s.
pub async fn connect(addr: impl ToSocketAddrs) -> Result<Channel, ConnectError> {
    Connector::new().connect(addr).await
}
