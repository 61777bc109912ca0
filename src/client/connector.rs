//! One connection to a server.

use super::transport::{ConnectError, TcpTransport};
use super::unsupported::Unsupported;
use crate::service::Processor;
use crate::stack::{self, RequestLayers};
use rocketmq_tower_core::driver::{ConnectionConfig, DriverService};
use rocketmq_tower_core::error::chain_text;
use rocketmq_tower_core::{Channel, ChannelInfo, Connection};
use rocketmq_tower_layers::{EventsLayer, IdleTimeoutLayer, RpcHookLayer};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::ToSocketAddrs;
use tower::layer::util::Identity;
use tower_layer::Layer;
use tower_service::Service;

/// Makes connections to servers: what they ask, what they may use, how long they may take.
///
/// The connection runs in a task of its own until either side closes it, nothing moved on it for
/// 120 s (Java's `clientChannelMaxIdleTimeSeconds`), or nobody [keeps](Self::connect) it any more.
#[derive(Clone, Debug)]
pub struct Connector<P = Unsupported, T = TcpTransport> {
    pub(super) transport: T,
    processor: P,
    config: ConnectionConfig,
    idle_timeout: IdleTimeoutLayer,
    events: EventsLayer,
}

impl Connector {
    /// A connector over TCP, for servers that ask nothing.
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
    /// Requests of the server go to `processor`, such as a [`Router`](crate::Router).
    #[must_use]
    pub fn service<Q>(self, processor: Q) -> Connector<Q, T> {
        let Self { transport, config, idle_timeout, events, .. } = self;
        Connector { transport, processor, config, idle_timeout, events }
    }

    /// Connects in this way: over a Unix socket, through a proxy, with TLS. See
    /// [`transport`](super::transport).
    #[must_use]
    pub fn transport<U>(self, transport: U) -> Connector<P, U> {
        let Self { processor, config, idle_timeout, events, .. } = self;
        Connector { transport, processor, config, idle_timeout, events }
    }

    /// Sets the bounds of each connection.
    #[must_use]
    pub fn config(mut self, config: ConnectionConfig) -> Self {
        self.config = config;
        self
    }

    /// Closes connections on which nothing moved for this long. 120 s by default; `Duration::MAX`
    /// for never. Zero, which is never in Java, closes every connection at once.
    #[must_use]
    pub fn idle_timeout(mut self, limit: Duration) -> Self {
        self.idle_timeout = IdleTimeoutLayer::new(limit);
        self
    }

    /// Reports events of connections.
    #[must_use]
    pub fn events(mut self, events: EventsLayer) -> Self {
        self.events = events;
        self
    }

    /// Runs a connection that was made in some other way. Must be called within a tokio runtime.
    ///
    /// As with [`connect`](Self::connect), the channel and its clones keep it open.
    #[must_use = "the connection ends when its channel is dropped"]
    pub fn run<Io>(&self, io: Io, info: ChannelInfo) -> Channel
    where
        Io: AsyncRead + AsyncWrite + Unpin + Send + 'static,
        P: Clone + Send + 'static,
        RequestLayers<Identity>: Layer<P, Service: Processor>,
    {
        self.start(io, info, |_| {})
    }

    /// Runs a connection, and tells `on_end` its number when it is gone.
    pub(super) fn start<Io>(
        &self,
        io: Io,
        info: ChannelInfo,
        on_end: impl FnOnce(u64) + Send + 'static,
    ) -> Channel
    where
        Io: AsyncRead + AsyncWrite + Unpin + Send + 'static,
        P: Clone + Send + 'static,
        RequestLayers<Identity>: Layer<P, Service: Processor>,
    {
        let (processor, config) = (self.processor.clone(), self.config.clone());
        let layers = stack::request_layers(Identity::new(), RpcHookLayer::new());
        let driving = DriverService::client(layers, processor, config);
        let connection = Connection::new(io, info);
        let channel = connection.channel();
        let life = stack::watched(driving, &self.events, self.idle_timeout).call(connection);
        let handle = channel.clone();
        tokio::spawn(async move {
            // Requests of the server may run on after the connection's end.
            let ended = async {
                let reason = handle.closed().await;
                on_end(handle.id());
                let (id, peer) = (handle.id(), handle.peer_addr());
                tracing::debug!(id, %peer, reason = chain_text(&reason), "connection ended");
            };
            let (Ok(_), ()) = tokio::join!(life, ended);
        });
        channel.drain_on_drop()
    }
}

impl<P> Connector<P> {
    /// How long connecting to one address may take, and looking addresses up. 3 s, as Java's
    /// `connectTimeoutMillis`.
    #[must_use]
    pub fn connect_timeout(mut self, limit: Duration) -> Self {
        self.transport = self.transport.connect_timeout(limit);
        self
    }

    /// Connects to the first of the addresses that can be reached: each is tried in turn, for the
    /// [time](Self::connect_timeout) that one may take.
    ///
    /// The connection is kept open by the [`Channel`] that is returned, and its clones. When the
    /// last of them is dropped, the connection is [drained](Channel::drain) and ends: keep one for
    /// as long as the server is to reach this client, too. The handles of requests that the server
    /// sends do not count.
    ///
    /// # Errors
    /// If none of the addresses can be reached: the error of the last one.
    pub async fn connect(&self, addr: impl ToSocketAddrs) -> Result<Channel, ConnectError>
    where
        P: Clone + Send + 'static,
        RequestLayers<Identity>: Layer<P, Service: Processor>,
    {
        let (stream, info) = self.transport.dial(addr).await?;
        Ok(self.run(stream, info))
    }
}
