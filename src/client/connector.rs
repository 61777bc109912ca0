//! One connection to a server.

use super::transport::{ConnectError, TcpTransport};
use super::unsupported::Unsupported;
use crate::service::Processor;
use crate::stack;
use rocketmq_tower_core::driver::{ConnectionConfig, DriverService};
use rocketmq_tower_core::error::chain_text;
use rocketmq_tower_core::{Channel, ChannelInfo, Connection};
use rocketmq_tower_layers::{EventsLayer, IdleTimeoutLayer, RecoverLayer, RpcHookLayer};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::ToSocketAddrs;
use tower::layer::util::Identity;
use tower_service::Service;

/// Makes connections to servers. Holds the transport, the limits of each connection, and the
/// service for the requests that servers send.
///
/// Each connection runs in its own task until either side closes it, no byte moves on it for 120 s
/// (Java's `clientChannelMaxIdleTimeSeconds`), or no [channel](Self::connect) keeps it open.
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
#[derive(Clone, Debug)]
pub struct Connector<P = Unsupported, T = TcpTransport> {
    pub(super) transport: T,
    processor: P,
    config: ConnectionConfig,
    idle_timeout: IdleTimeoutLayer,
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
            config: ConnectionConfig::client(),
            idle_timeout: IdleTimeoutLayer::default(),
            events: EventsLayer::silent(),
        }
    }
}

impl Default for Connector {
    fn default() -> Self {
        Self::new()
    }
}

impl<P, T> Connector<P, T> {
    /// Sends the requests of servers to `processor`, such as a [`Router`](crate::Router).
    #[must_use]
    pub fn service<Q>(self, processor: Q) -> Connector<Q, T> {
        let Self { transport, config, idle_timeout, events, .. } = self;
        Connector { transport, processor, config, idle_timeout, events }
    }

    /// Connects over this transport: a Unix socket, a proxy, TLS. See
    /// [`transport`](super::transport).
    #[must_use]
    pub fn transport<U>(self, transport: U) -> Connector<P, U> {
        let Self { processor, config, idle_timeout, events, .. } = self;
        Connector { transport, processor, config, idle_timeout, events }
    }

    /// Sets the limits of each connection. Default: [`ConnectionConfig::client`].
    #[must_use]
    pub fn config(mut self, config: ConnectionConfig) -> Self {
        self.config = config;
        self
    }

    /// Closes connections on which no byte moves for `limit`. Default: 120 s; `None` keeps them
    /// open. Zero closes every connection at once (in Java, zero means never).
    #[must_use]
    pub fn idle_timeout(mut self, limit: impl Into<Option<Duration>>) -> Self {
        self.idle_timeout = IdleTimeoutLayer::new(limit.into().unwrap_or(Duration::MAX));
        self
    }

    /// Reports the events of connections with this layer.
    #[must_use]
    pub fn events(mut self, events: EventsLayer) -> Self {
        self.events = events;
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
    {
        self.start(io, info, |_| {})
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
    {
        let (processor, config) = (self.processor.clone(), self.config.clone());
        let layers =
            stack::request_layers(Identity::new(), RpcHookLayer::new(), RecoverLayer::new());
        let driver = DriverService::client(layers, processor, config);
        let connection = Connection::new(io, info);
        let channel = connection.channel();
        let lifetime = stack::watched(driver, &self.events, self.idle_timeout).call(connection);
        let handle = channel.clone();
        tokio::spawn(async move {
            // Requests of the server may still run after the connection has ended.
            let ended = async {
                let reason = handle.closed().await;
                on_end(handle.id());
                let (id, peer) = (handle.id(), handle.peer_addr());
                tracing::debug!(id, %peer, reason = chain_text(&reason), "connection ended");
            };
            let (Ok(_), ()) = tokio::join!(lifetime, ended);
        });
        channel.drain_on_drop()
    }
}

impl<P> Connector<P> {
    /// Sets how long connecting to one address may take, and how long resolving a name may take.
    /// Default: 3 s, as Java's `connectTimeoutMillis`.
    #[must_use]
    pub fn connect_timeout(mut self, limit: Duration) -> Self {
        self.transport = self.transport.connect_timeout(limit);
        self
    }

    /// Connects to the first of the addresses that accepts. Tries each in turn, for at most the
    /// [`connect_timeout`](Self::connect_timeout).
    ///
    /// The returned [`Channel`] and its clones keep the connection open. When the last of them is
    /// dropped, the connection is [drained](Channel::drain) and closes: keep one as long as the
    /// server should be able to reach this client. The handles in requests of the server do not
    /// count.
    ///
    /// # Errors
    /// If no address can be reached: the error of the last one.
    pub async fn connect(&self, addr: impl ToSocketAddrs) -> Result<Channel, ConnectError>
    where
        P: Processor + Clone,
    {
        let (stream, info) = self.transport.dial(addr).await?;
        Ok(self.run(stream, info))
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
