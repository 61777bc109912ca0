use super::ConnectError;
use super::dialing::{LastGood, Pace, dial_end, first_of, in_order};
use super::resolver::Resolver;
use super::service::BoxConnectFuture;
use crate::socket::{Liveness, TcpKeepalive};
use rocketmq_tower_core::{Addr, ChannelInfo};
use std::future::Future;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::net::{TcpStream, ToSocketAddrs, lookup_host};
use tokio::time::{Instant, timeout};
use tower_service::Service;

/// Connects over TCP, with `TCP_NODELAY`.
///
/// # Names with several addresses
///
/// As in RFC 8305 ("happy eyeballs"), an address that does not respond delays the others by little:
///
/// * The address that was reached last is tried first. Then IPv6 and IPv4 addresses take turns, in
///   the order of the resolver. Clones share the memory of at most 256 names; a name is forgotten
///   when none of its addresses can be reached.
/// * A further attempt begins 250 ms after the previous one, or at once when one fails. The first
///   that connects wins, and the others are dropped.
/// * At most 16 addresses are tried, at most 8 at a time.
/// * Each attempt has the connect timeout. If a client's
///   [`dial_timeout`](crate::client::ClientBuilder::dial_timeout) leaves less time, the addresses share it
///   evenly, and begin faster.
///
/// A server that vanishes later is noticed within 90 s by the system's probes, or by bytes that it
/// does not acknowledge.
#[derive(Clone, Debug)]
pub struct TcpTransport {
    connect_timeout: Duration,
    attempt_delay: Duration,
    resolver: Resolver,
    last_good: LastGood,
    liveness: Liveness,
}

impl TcpTransport {
    /// Creates a transport with a connect timeout of 3 s, as Java's `connectTimeoutMillis`.
    #[must_use]
    pub fn new() -> Self {
        Self {
            connect_timeout: Duration::from_secs(3),
            attempt_delay: Duration::from_millis(250),
            resolver: Resolver::default(),
            last_good: LastGood::default(),
            liveness: Liveness::DEFAULT,
        }
    }

    /// Sets how long connecting to one address may take, and how long resolving a name may take.
    /// Default: 3 s.
    #[must_use]
    pub const fn connect_timeout(mut self, limit: Duration) -> Self {
        self.connect_timeout = limit;
        self
    }

    /// Sets when the system probes a silent server (SO_KEEPALIVE). Default: after 60 s, three times,
    /// 10 s apart; `None` never probes.
    #[must_use]
    pub fn keepalive(mut self, keepalive: impl Into<Option<TcpKeepalive>>) -> Self {
        self.liveness.keepalive = keepalive.into();
        self
    }

    /// Sets how long written bytes may stay unacknowledged before the connection fails
    /// (TCP_USER_TIMEOUT). Default: 90 s; `None` means the system's own time. Only on Linux and
    /// Android; ignored elsewhere. For how it and [`keepalive`](Self::keepalive) depend on each
    /// other, see [`TcpOptions`](crate::server::TcpOptions::user_timeout).
    #[must_use]
    pub fn user_timeout(mut self, limit: impl Into<Option<Duration>>) -> Self {
        self.liveness.user_timeout = limit.into();
        self
    }

    /// Sets how long after the beginning of an attempt the next address is tried, if neither the
    /// attempt succeeds nor one fails before. Default: 250 ms, the "connection attempt delay" of RFC
    /// 8305. Zero tries 8 addresses at once.
    #[must_use]
    pub const fn attempt_delay(mut self, delay: Duration) -> Self {
        self.attempt_delay = delay;
        self
    }

    /// Resolves names with this function instead of the system's resolver. It is given the whole
    /// name, `host:port`, and returns the addresses in the order of preference. It has the connect
    /// timeout.
    ///
    /// It resolves the [names](Addr::Name) that a `Client` calls, not the argument of
    /// [`Connector::connect`](crate::client::Connector::connect).
    ///
    /// ```
    /// use rocketmq_tower::client::Connector;
    /// use rocketmq_tower::client::transport::TcpTransport;
    ///
    /// let tcp = TcpTransport::new().resolver(|name| async move {
    ///     match &*name {
    ///         "broker:10911" => Ok(vec![([10, 0, 0, 1], 10911).into(), ([10, 0, 0, 2], 10911).into()]),
    ///         name => Ok(tokio::net::lookup_host(name).await?.collect()),
    ///     }
    /// });
    /// let connector = Connector::new().transport(tcp);
    /// ```
    #[must_use]
    pub fn resolver<R, F>(mut self, resolve: R) -> Self
    where
        R: Fn(Arc<str>) -> F + Send + Sync + 'static,
        F: Future<Output = io::Result<Vec<SocketAddr>>> + Send + 'static,
    {
        self.resolver = Resolver::new(resolve);
        self
    }

    /// Connects to the first address that can be reached.
    pub(in crate::client) async fn dial(
        &self,
        addrs: impl ToSocketAddrs,
    ) -> Result<(TcpStream, ChannelInfo), ConnectError> {
        let found = self.resolve(async { Ok(lookup_host(addrs).await?.collect()) }).await?;
        self.dial_first_of(found, None).await
    }

    async fn dial_name(&self, name: Arc<str>) -> Result<(TcpStream, ChannelInfo), ConnectError> {
        let found = self.resolve(self.resolver.resolve(Arc::clone(&name))).await?;
        let result = self.dial_first_of(found, self.last_good.get(&name)).await;
        match result.as_ref().map(|(_, info)| info.peer_addr.socket_addr()) {
            Ok(Some(addr)) => self.last_good.reached(&name, addr),
            _ => self.last_good.forget(&name),
        }
        result
    }

    /// Waits for the addresses of a name.
    async fn resolve(
        &self,
        resolving: impl Future<Output = io::Result<Vec<SocketAddr>>>,
    ) -> Result<Vec<SocketAddr>, ConnectError> {
        let left = dial_end().map(|end| end.saturating_duration_since(Instant::now()));
        let limit = left.map_or(self.connect_timeout, |left| left.min(self.connect_timeout));
        let found = timeout(limit, resolving).await;
        found.unwrap_or_else(|_| Err(ErrorKind::TimedOut.into())).map_err(ConnectError::Resolve)
    }

    /// Connects to the first of these addresses that can be reached, and begins with `first`.
    async fn dial_first_of(
        &self,
        found: Vec<SocketAddr>,
        first: Option<SocketAddr>,
    ) -> Result<(TcpStream, ChannelInfo), ConnectError> {
        let (addrs, untried) = in_order(found, first);
        let &Self { connect_timeout, attempt_delay, .. } = self;
        let pace = Pace { attempt_delay, connect_timeout, end: dial_end() };
        let connected = first_of(&addrs, pace, open).await;
        let (stream, info) =
            connected.map_err(|failures| ConnectError::from_failures(failures, untried))?;
        // A system without one of the options connects all the same.
        _ = self.liveness.apply(&stream);
        Ok((stream, info))
    }
}

impl Default for TcpTransport {
    fn default() -> Self {
        Self::new()
    }
}

impl Service<Addr> for TcpTransport {
    type Response = (TcpStream, ChannelInfo);
    type Error = ConnectError;
    type Future = BoxConnectFuture<TcpStream>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), ConnectError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, addr: Addr) -> Self::Future {
        let tcp = self.clone();
        Box::pin(async move {
            match addr {
                Addr::Ip(addr) => tcp.dial(addr).await,
                Addr::Name(name) if is_host_and_port(&name) => tcp.dial_name(name).await,
                Addr::Name(name) => Err(ConnectError::InvalidAddr { addr: Addr::Name(name) }),
                other => Err(ConnectError::Unreachable(other)),
            }
        })
    }
}

/// Whether a name can be resolved: it is `host:port`.
pub(super) fn is_host_and_port(name: &str) -> bool {
    name.rsplit_once(':')
        .is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok())
}

async fn open(addr: SocketAddr) -> io::Result<(TcpStream, ChannelInfo)> {
    let stream = TcpStream::connect(addr).await?;
    stream.set_nodelay(true)?;
    let info = ChannelInfo::new(stream.local_addr()?, stream.peer_addr()?);
    Ok((stream, info))
}
