//! The settings of a client.

use super::limit::CallLimit;
use super::pool::{ConnectionPool, Dialer, PoolBounds};
use super::shared::ClientShared;
use super::transport::Transport;
use super::{Client, Connector};
use crate::service::{ConnectionService, Processor};
use crate::stack::WatchedDriver;
use rocketmq_tower_layers::RpcHookLayer;
use rocketmq_tower_layers::rpc_hook::RpcHook;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tower::layer::util::Identity;
use tower_layer::Layer;

/// Builds a [`Client`].
///
/// ```
/// use rocketmq_tower::client::{Client, Connector};
/// use std::time::Duration;
///
/// let client = Client::builder()
///     .connector(Connector::new().idle_timeout(Duration::from_secs(60)))
///     .call_timeout(Duration::from_secs(5))
///     .build();
/// ```
pub struct ClientBuilder {
    dialer: Arc<dyn Dialer>,
    hooks: RpcHookLayer,
    max_calls: usize,
    max_oneways: usize,
    max_connections: usize,
    connections_per_address: usize,
    dial_timeout: Duration,
    call_timeout: Duration,
    backoff: (Duration, Duration),
}

impl Client {
    /// Creates a client with the defaults of [`ClientBuilder`].
    #[must_use]
    pub fn new() -> Self {
        Self::builder().build()
    }

    /// Returns a builder with the default settings.
    #[must_use]
    pub fn builder() -> ClientBuilder {
        ClientBuilder::default()
    }
}

impl Default for Client {
    fn default() -> Self {
        Self::new()
    }
}

impl Default for ClientBuilder {
    fn default() -> Self {
        Self {
            dialer: Arc::new(Connector::new()),
            hooks: RpcHookLayer::new(),
            max_calls: 65_535,
            max_oneways: 65_535,
            max_connections: 10_000,
            connections_per_address: 1,
            dial_timeout: Duration::from_secs(15),
            call_timeout: Duration::from_secs(3),
            backoff: (Duration::from_millis(100), Duration::from_secs(60)),
        }
    }
}

impl ClientBuilder {
    /// Makes connections with `connector`: its transport, its connect timeout, the bounds of its
    /// connections, its idle timeout, its events, its
    /// [layers of connections](Connector::connection_layer), and its service for the requests of
    /// servers.
    #[must_use]
    pub fn connector<P, T, C>(mut self, connector: Connector<P, T, C>) -> Self
    where
        P: Processor + Clone + Sync,
        T: Transport,
        C: Layer<WatchedDriver<P, Identity>, Service: ConnectionService<T::Io>>
            + Send
            + Sync
            + 'static,
    {
        self.dialer = Arc::new(connector);
        self
    }

    /// Adds an RPC hook, which runs for every call and oneway request by the client's
    /// [rules](rocketmq_tower_layers::rpc_hook). It is given the address that is called, and does
    /// not run again when a call is repeated because of a `GO_AWAY`.
    #[must_use]
    pub fn hook(mut self, hook: impl RpcHook) -> Self {
        self.hooks = self.hooks.hook(hook);
        self
    }

    /// Sets the maximum number of calls in flight, over all connections. Further calls wait for a
    /// permit. Default: 65535, as Java's `clientAsyncSemaphoreValue`.
    #[must_use]
    pub fn max_calls(mut self, max: usize) -> Self {
        self.max_calls = max;
        self
    }

    /// Sets the maximum number of oneway requests that wait to be written, over all connections.
    /// Further oneway requests wait for a permit. Default: 65535, as Java's
    /// `clientOnewaySemaphoreValue`.
    #[must_use]
    pub fn max_oneways(mut self, max: usize) -> Self {
        self.max_oneways = max;
        self
    }

    /// Sets the maximum number of connections, over all addresses. A call that needs one more fails.
    /// Default: 10,000.
    #[must_use]
    pub fn max_connections(mut self, max: usize) -> Self {
        self.max_connections = max;
        self
    }

    /// Sets the maximum number of connections to each address. Default: 1, as in Java; zero means 1.
    ///
    /// One connection is the fastest as long as its task does not occupy a core of its own: it writes
    /// and reads many commands at once, and with several connections each call costs more processor
    /// time at both ends. Several use more cores if there are free ones, and a response with a long body
    /// holds up only those behind it on its own connection. Measure before you set it. Requests over
    /// different connections may overtake each other.
    ///
    /// A call takes the open connection with the fewest calls in flight. If each has at least one, a
    /// further connection is opened, for which the call does not wait. If it cannot be made, the next
    /// attempt is at least 100 ms later, doubling to 60 s. Connections that are not needed
    /// become idle and reach their [idle timeout](Connector::idle_timeout).
    ///
    /// Servers know clients by their connections. A request that is about its connection, such as a
    /// heartbeat, is sent over one of them only.
    ///
    /// ```
    /// use rocketmq_tower::client::Client;
    ///
    /// let client = Client::builder().connections_per_address(4).build();
    /// ```
    #[must_use]
    pub fn connections_per_address(mut self, max: usize) -> Self {
        self.connections_per_address = max.max(1);
        self
    }

    /// Sets the total time that the transport may take to make a connection. TCP divides it among
    /// the addresses that a name resolves to, each of which has a shorter timeout. Default: 15 s.
    #[must_use]
    pub fn dial_timeout(mut self, limit: Duration) -> Self {
        self.dial_timeout = limit;
        self
    }

    /// Sets the timeout of calls that are made through a service, which take no timeout of their
    /// own. Default: 3 s.
    ///
    /// It is also the measure of a dead connection. When a call times out and nothing at all has
    /// arrived meanwhile, the next call opens another connection. The same happens under a shorter
    /// timeout outside, which drops calls: once calls that were dropped have together waited for a
    /// third of this time and nothing has arrived meanwhile. Calls that wait at the same time count
    /// once, and anything that arrives starts the count anew, so that a server which answers other
    /// calls keeps its connection. Calls that still wait on a connection which is replaced get their
    /// responses, if any arrive.
    #[must_use]
    pub fn call_timeout(mut self, timeout: Duration) -> Self {
        self.call_timeout = timeout;
        self
    }

    /// Sets how long an [`Endpoint`](super::Endpoint) waits before it connects again: `first` after
    /// the first failure, twice as long after each further failure, at most `last`. Defaults: 100
    /// ms and 60 s; the latter is Java's `maxReconnectIntervalTimeSeconds`.
    #[must_use]
    pub fn backoff(mut self, first: Duration, last: Duration) -> Self {
        self.backoff = (first, last);
        self
    }

    /// Creates the client.
    #[must_use]
    pub fn build(self) -> Client {
        let bounds = PoolBounds {
            connections: self.max_connections,
            per_address: self.connections_per_address,
            dial_timeout: self.dial_timeout,
        };
        let shared = Arc::new(ClientShared {
            pool: ConnectionPool::new(self.dialer, bounds),
            hooks: self.hooks,
            calls: CallLimit::new(self.max_calls),
            oneways: CallLimit::new(self.max_oneways),
            call_timeout: self.call_timeout,
            backoff: self.backoff,
        });
        Client { shared }
    }
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder")
            .field("hooks", &self.hooks)
            .field("max_calls", &self.max_calls)
            .field("max_oneways", &self.max_oneways)
            .field("max_connections", &self.max_connections)
            .field("connections_per_address", &self.connections_per_address)
            .field("dial_timeout", &self.dial_timeout)
            .field("call_timeout", &self.call_timeout)
            .field("backoff", &self.backoff)
            .finish_non_exhaustive()
    }
}
