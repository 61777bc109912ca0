//! What a client is made of.

use super::client::{Inner, Limit};
use super::dial::Dialer;
use super::table::Table;
use super::{Client, Connector};
use crate::service::Processor;
use crate::stack::RequestLayers;
use rocketmq_tower_core::{Addr, BoxError, ChannelInfo};
use rocketmq_tower_layers::RpcHookLayer;
use rocketmq_tower_layers::rpc_hook::RpcHook;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tower::layer::util::Identity;
use tower_layer::Layer;
use tower_service::Service;

/// A [`Client`] to be.
pub struct ClientBuilder {
    dialer: Arc<dyn Dialer>,
    hooks: RpcHookLayer,
    max_calls: usize,
    max_oneways: usize,
    max_connections: usize,
    dial_timeout: Duration,
    call_timeout: Duration,
    backoff: (Duration, Duration),
}

impl Default for ClientBuilder {
    fn default() -> Self {
        Self {
            dialer: Arc::new(Connector::new()),
            hooks: RpcHookLayer::new(),
            max_calls: 65_535,
            max_oneways: 65_535,
            max_connections: 10_000,
            dial_timeout: Duration::from_secs(15),
            call_timeout: Duration::from_secs(3),
            backoff: (Duration::from_millis(100), Duration::from_secs(60)),
        }
    }
}

impl ClientBuilder {
    /// Makes connections with `connector`: its time to connect, its bounds, its idle timeout, its
    /// events, and its service for what servers ask.
    #[must_use]
    pub fn connector<P, T, Io>(mut self, connector: Connector<P, T>) -> Self
    where
        P: Clone + Send + Sync + 'static,
        RequestLayers<Identity>: Layer<P, Service: Processor>,
        T: Service<Addr, Response = (Io, ChannelInfo)> + Clone + Send + Sync + 'static,
        T::Error: Into<BoxError>,
        T::Future: Send,
        Io: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        self.dialer = Arc::new(connector);
        self
    }

    /// Adds an RPC hook, called for every call and oneway request by the client's
    /// [rules](rocketmq_tower_layers::rpc_hook). It is told the address that was called, and not
    /// called again when a call is repeated because of a `GO_AWAY`.
    #[must_use]
    pub fn hook(mut self, hook: impl RpcHook) -> Self {
        self.hooks = self.hooks.hook(hook);
        self
    }

    /// How many calls may be under way, over all connections; more wait. 65535, as Java's
    /// `clientAsyncSemaphoreValue`.
    #[must_use]
    pub fn max_calls(mut self, max: usize) -> Self {
        self.max_calls = max;
        self
    }

    /// How many oneway requests may wait to be written, over all connections; more wait. 65535, as
    /// Java's `clientOnewaySemaphoreValue`.
    #[must_use]
    pub fn max_oneways(mut self, max: usize) -> Self {
        self.max_oneways = max;
        self
    }

    /// How many connections there may be; calls that need more fail. 10,000.
    #[must_use]
    pub fn max_connections(mut self, max: usize) -> Self {
        self.max_connections = max;
        self
    }

    /// How long the transport may take to make a connection, whatever it does: TCP has less time for
    /// each address that a name stands for. 15 s.
    #[must_use]
    pub fn dial_timeout(mut self, limit: Duration) -> Self {
        self.dial_timeout = limit;
        self
    }

    /// The time of calls that are made through a service, which cannot be told one. 3 s. A timeout
    /// outside should be longer: a call that is dropped cannot find out that nobody is there.
    #[must_use]
    pub fn call_timeout(mut self, timeout: Duration) -> Self {
        self.call_timeout = timeout;
        self
    }

    /// How long an [`Endpoint`](super::Endpoint) waits before it connects again: `first` after the
    /// first failure, twice as long after each more, up to `last`. 100 ms and 60 s, Java's
    /// `maxReconnectIntervalTimeSeconds`.
    #[must_use]
    pub fn backoff(mut self, first: Duration, last: Duration) -> Self {
        self.backoff = (first, last);
        self
    }

    /// The client.
    #[must_use]
    pub fn build(self) -> Client {
        Client::from_inner(Arc::new(Inner {
            table: Table::new(self.dialer, self.max_connections, self.dial_timeout),
            hooks: self.hooks,
            calls: Limit::new(self.max_calls),
            oneways: Limit::new(self.max_oneways),
            call_timeout: self.call_timeout,
            backoff: self.backoff,
        }))
    }
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder")
            .field("hooks", &self.hooks)
            .field("max_calls", &self.max_calls)
            .field("max_oneways", &self.max_oneways)
            .field("max_connections", &self.max_connections)
            .field("dial_timeout", &self.dial_timeout)
            .field("call_timeout", &self.call_timeout)
            .field("backoff", &self.backoff)
            .finish_non_exhaustive()
    }
}
