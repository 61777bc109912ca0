//! The settings of a [`Server`].

use super::files::ConnectionBound;
use super::{Connections, Server, TcpOptions};
use rocketmq_tower_core::driver::{ByteBudget, ConnectionConfig};
use rocketmq_tower_core::{Abort, BoxError};
use rocketmq_tower_layers::events::EventListener;
use rocketmq_tower_layers::rpc_hook::RpcHook;
use rocketmq_tower_layers::{
    ConnectionLimitLayer, EventsLayer, IdleTimeoutLayer, ReadIdleTimeoutLayer, RecoverLayer,
};
use std::time::Duration;

impl<P, R, C> Server<P, R, C> {
    /// Accepts at most `max` connections at a time; more wait in the kernel's queue. Default: 1000;
    /// `None` removes the limit.
    ///
    /// A connection is an open file. The default leaves the process 128 of the files that it [may
    /// open](Self::raise_file_limit), or half of them if there are fewer than 256: with 1024 files,
    /// it is 896 connections. A limit that you set is kept. A warning is logged in both cases, with
    /// the numbers. Several servers in one process do not know of each other.
    ///
    /// ```
    /// # use rocketmq_tower::{Router, Server};
    /// # let router = Router::default();
    /// let server = Server::new(router.clone()).max_connections(10_000);
    /// let unlimited = Server::new(router).max_connections(None);
    /// ```
    #[must_use]
    pub fn max_connections(mut self, max: impl Into<Option<usize>>) -> Self {
        let limit = max.into().map(ConnectionLimitLayer::new);
        self.settings.connection_limit =
            limit.map_or(ConnectionBound::None, ConnectionBound::Chosen);
        self
    }

    /// Limits connections with this layer, which can also refuse connections or limit them for each
    /// address. Replaces [`max_connections`](Self::max_connections).
    #[must_use]
    pub fn connection_limit(mut self, limit: ConnectionLimitLayer) -> Self {
        self.settings.connection_limit = ConnectionBound::Chosen(limit);
        self
    }

    /// Ends connections on which no byte moves for this long. Default: 120 s; `None` keeps them
    /// open. Zero closes every connection at once (in Java, zero means never).
    ///
    /// A connection is drained, so a request that runs is answered. Takes a time, or a layer, which
    /// can also spare connections with requests in flight:
    ///
    /// ```
    /// # use rocketmq_tower::layers::IdleTimeoutLayer;
    /// # use rocketmq_tower::{Router, Server};
    /// # use std::time::Duration;
    /// # let router = Router::default();
    /// let minute = Duration::from_secs(60);
    /// let server = Server::new(router.clone()).idle_timeout(minute);
    /// let server = Server::new(router.clone()).idle_timeout(None);
    /// let layer = IdleTimeoutLayer::new(minute).spare_busy(true);
    /// let server = Server::new(router).idle_timeout(layer);
    /// ```
    #[must_use]
    pub fn idle_timeout(mut self, limit: impl Into<IdleTimeoutLayer>) -> Self {
        self.settings.idle_timeout = limit.into();
        self
    }

    /// Closes connections whose peers send nothing for `limit`, whatever is written to them. Default:
    /// `None`, as some peers only listen. Where all send heartbeats every 30 s, as RocketMQ's clients
    /// do, 120 s suit. See [`read_idle_timeout`](rocketmq_tower_layers::read_idle_timeout).
    #[must_use]
    pub fn read_idle_timeout(mut self, limit: impl Into<Option<Duration>>) -> Self {
        let limit = limit.into().unwrap_or(Duration::MAX);
        self.settings.read_idle_timeout = ReadIdleTimeoutLayer::new(limit);
        self
    }

    /// Reports the events of connections to `listener`, in a task that belongs to the runtime of the
    /// first connection. Replaces earlier [`events`](Self::events).
    #[must_use]
    pub fn event_listener(self, listener: impl EventListener) -> Self {
        self.events(EventsLayer::new(listener))
    }

    /// Reports the events of connections with this layer: to a closure, as a stream, or as a
    /// broadcast of addresses. Replaces an earlier [`event_listener`](Self::event_listener).
    #[must_use]
    pub fn events(mut self, events: EventsLayer) -> Self {
        self.settings.events = events;
        self
    }

    /// Adds an RPC hook. Hooks run inside all request layers.
    #[must_use]
    pub fn hook(mut self, hook: impl RpcHook) -> Self {
        self.settings.hooks = self.settings.hooks.hook(hook);
        self
    }

    /// Answers errors of layers from elsewhere, such as those of an open circuit: `mapper` returns the
    /// code and remark for an error that `recover` does not know, or `None` to leave it to `recover`.
    /// See [`recover`](rocketmq_tower_layers::recover). Replaces an earlier function.
    #[must_use]
    pub fn map_error(
        mut self,
        mapper: impl Fn(&BoxError) -> Option<Abort> + Send + Sync + 'static,
    ) -> Self {
        self.settings.recover = RecoverLayer::with(mapper);
        self
    }

    /// Sets the limits of each connection. Default: [`ConnectionConfig::server`].
    #[must_use]
    pub fn config(mut self, config: ConnectionConfig) -> Self {
        self.settings.config = config;
        self
    }

    /// Sets the number of bytes of requests and responses that all connections hold together, or a
    /// budget that other servers share. Default: 256 MiB. See [`ByteBudget`]; each connection has a
    /// [limit](ConnectionConfig::max_held_bytes) of its own.
    ///
    /// ```
    /// # use rocketmq_tower::{Router, Server};
    /// let server = Server::new(Router::default()).budget(512 << 20);
    /// ```
    #[must_use]
    pub fn budget(mut self, budget: impl Into<ByteBudget>) -> Self {
        self.settings.budget = Some(budget.into());
        self
    }

    /// Sets the options of the TCP sockets that [`bind`](Self::bind) opens.
    #[must_use]
    pub fn tcp_options(mut self, options: TcpOptions) -> Self {
        self.settings.tcp = options;
        self
    }

    /// Uses this table of connections, for example one that the processor also uses.
    #[must_use]
    pub fn connections(mut self, connections: Connections) -> Self {
        self.settings.connections = connections;
        self
    }

    /// Sets how long a graceful shutdown waits for connections before it closes those that are
    /// left. Default: 30 s, as Java's `shutdownWaitTimeSeconds`.
    #[must_use]
    pub fn drain_deadline(mut self, deadline: Duration) -> Self {
        self.settings.drain_deadline = deadline;
        self
    }

    /// Sets whether the process's soft limit of open files (RLIMIT_NOFILE) is raised to the hard
    /// limit, once in the life of the process, when the server is bound. Default: true.
    ///
    /// Child processes inherit the raised limit. Switch this off in a process that sets its limits
    /// itself, or whose children use `select` or close every possible file when they start.
    #[must_use]
    pub fn raise_file_limit(mut self, raise: bool) -> Self {
        self.settings.raise_file_limit = raise;
        self
    }
}
