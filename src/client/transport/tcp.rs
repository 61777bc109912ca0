use super::ConnectError;
use super::service::BoxConnectFuture;
use crate::socket::{Liveness, TcpKeepalive};
use rocketmq_tower_core::{Addr, ChannelInfo};
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::net::{TcpStream, ToSocketAddrs, lookup_host};
use tokio::time::timeout;
use tower_service::Service;

/// Connects over TCP, with `TCP_NODELAY`.
///
/// A name may resolve to several addresses: each is tried in turn, for at most the connect timeout.
/// A server that vanishes later is noticed within 90 s by the system's probes, or by bytes that it
/// does not acknowledge.
#[derive(Clone, Debug)]
pub struct TcpTransport {
    connect_timeout: Duration,
    liveness: Liveness,
}

impl TcpTransport {
    /// Creates a transport with a connect timeout of 3 s, as Java's `connectTimeoutMillis`.
    #[must_use]
    pub const fn new() -> Self {
        Self { connect_timeout: Duration::from_secs(3), liveness: Liveness::DEFAULT }
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

    pub(in crate::client) async fn dial(
        &self,
        addr: impl ToSocketAddrs,
    ) -> Result<(TcpStream, ChannelInfo), ConnectError> {
        let (stream, info) = dial(addr, self.connect_timeout).await?;
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
                Addr::Name(name) if is_host_and_port(&name) => tcp.dial(&*name).await,
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

/// Connects to the first address that accepts. Each is tried for at most `limit`.
async fn dial(
    addr: impl ToSocketAddrs,
    limit: Duration,
) -> Result<(TcpStream, ChannelInfo), ConnectError> {
    let late = || ConnectError::Resolve(ErrorKind::TimedOut.into());
    let found = timeout(limit, lookup_host(addr)).await.map_err(|_| late())?;
    let nothing = io::Error::new(ErrorKind::NotFound, "the address resolves to nothing");
    let mut last = ConnectError::Resolve(nothing);
    for addr in found.map_err(ConnectError::Resolve)? {
        last = match timeout(limit, open(addr)).await {
            Ok(Ok(connected)) => return Ok(connected),
            Ok(Err(source)) => ConnectError::Io { addr, source },
            Err(_) => ConnectError::Timeout { addr, limit },
        };
        tracing::debug!(error = %last, "an address can't be reached");
    }
    Err(last)
}

async fn open(addr: SocketAddr) -> io::Result<(TcpStream, ChannelInfo)> {
    let stream = TcpStream::connect(addr).await?;
    stream.set_nodelay(true)?;
    let info = ChannelInfo::new(stream.local_addr()?, stream.peer_addr()?);
    Ok((stream, info))
}
