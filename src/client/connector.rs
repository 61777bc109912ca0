//! One connection to a server.

use crate::service::Processor;
use crate::stack::{self, RequestLayers};
use rocketmq_tower_core::driver::ConnectionConfig;
use rocketmq_tower_core::error::chain_text;
use rocketmq_tower_core::{Channel, ChannelInfo, Connection, RemotingCommand, UnsupportedCode};
use rocketmq_tower_layers::{EventsLayer, IdleTimeoutLayer, RpcHookLayer};
use std::future::{Ready, ready};
use std::io;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, ToSocketAddrs};
use tower::layer::util::Identity;
use tower_layer::Layer;
use tower_service::Service;

/// Makes connections to servers: what they ask, what they may use, how long they may take.
///
/// The connection runs in a task of its own until either side closes it, or nothing moved on it for
/// 120 s (Java's `clientChannelMaxIdleTimeSeconds`).
#[derive(Clone, Debug)]
pub struct Connector<P = Unsupported> {
    processor: P,
    config: ConnectionConfig,
    connect_timeout: Duration,
    idle_timeout: IdleTimeoutLayer,
    events: EventsLayer,
}

/// Why a connection could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// Connecting failed.
    #[error("connecting failed")]
    Io(#[from] io::Error),
    /// Connecting took too long.
    #[error("connecting took longer than {0:?}")]
    Timeout(Duration),
}

impl Connector {
    /// A connector for servers that ask nothing.
    #[must_use]
    pub fn new() -> Self {
        Self {
            processor: Unsupported,
            config: ConnectionConfig::client(),
            connect_timeout: Duration::from_secs(3),
            idle_timeout: IdleTimeoutLayer::default(),
            events: EventsLayer::unheard(),
        }
    }
}

impl Default for Connector {
    fn default() -> Self {
        Self::new()
    }
}

impl<P> Connector<P> {
    /// Requests of the server go to `processor`, such as a [`Router`](crate::Router).
    #[must_use]
    pub fn service<Q>(self, processor: Q) -> Connector<Q> {
        Connector {
            processor,
            config: self.config,
            connect_timeout: self.connect_timeout,
            idle_timeout: self.idle_timeout,
            events: self.events,
        }
    }

    /// Sets the bounds of each connection.
    #[must_use]
    pub fn config(mut self, config: ConnectionConfig) -> Self {
        self.config = config;
        self
    }

    /// How long connecting may take. 3 s, as Java's `connectTimeoutMillis`.
    #[must_use]
    pub fn connect_timeout(mut self, limit: Duration) -> Self {
        self.connect_timeout = limit;
        self
    }

    /// Closes connections on which nothing moved for this long. 120 s by default; `Duration::MAX`
    /// for never.
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

    /// Connects to the first of the addresses that can be reached.
    ///
    /// # Errors
    /// If none can, or it takes too long.
    pub async fn connect(&self, addr: impl ToSocketAddrs) -> Result<Channel, ConnectError>
    where
        P: Clone + Send + 'static,
        RequestLayers<Identity>: Layer<P, Service: Processor>,
    {
        let connecting = tokio::time::timeout(self.connect_timeout, TcpStream::connect(addr));
        let stream =
            connecting.await.map_err(|_| ConnectError::Timeout(self.connect_timeout))??;
        stream.set_nodelay(true)?;
        let info = ChannelInfo::new(stream.local_addr()?, stream.peer_addr()?);
        Ok(self.run(stream, info))
    }

    /// Runs a connection that was made in some other way.
    pub fn run<Io>(&self, io: Io, info: ChannelInfo) -> Channel
    where
        Io: AsyncRead + AsyncWrite + Unpin + Send + 'static,
        P: Clone + Send + 'static,
        RequestLayers<Identity>: Layer<P, Service: Processor>,
    {
        let (processor, config) = (self.processor.clone(), self.config.clone());
        let driving = stack::driving(Identity::new(), RpcHookLayer::new(), processor, config);
        let connection = Connection::new(io, info);
        let channel = connection.channel();
        let life = stack::watched(driving, &self.events, self.idle_timeout).call(connection);
        let (id, peer) = (channel.id(), channel.peer_addr().clone());
        tokio::spawn(async move {
            let Ok(end) = life.await;
            tracing::debug!(id, %peer, reason = chain_text(&end.reason), "connection ended");
        });
        channel
    }
}

/// Serves no request at all.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unsupported;

impl Service<RemotingCommand> for Unsupported {
    type Response = RemotingCommand;
    type Error = UnsupportedCode;
    type Future = Ready<Result<RemotingCommand, UnsupportedCode>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), UnsupportedCode>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: RemotingCommand) -> Self::Future {
        ready(Err(UnsupportedCode(request.request_code())))
    }
}
