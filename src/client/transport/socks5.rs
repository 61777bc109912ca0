use super::dialing::reserving;
use super::service::BoxConnectFuture;
use super::{ConnectError, Socks5Error, TcpTransport, Transport};
use rocketmq_tower_core::{Addr, ChannelInfo};
use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout;
use tokio_socks::tcp::Socks5Stream;
use tokio_socks::{IntoTargetAddr, TargetAddr};
use tower::ServiceExt;
use tower_service::Service;

/// Connects through a SOCKS5 proxy, over TCP or [another](Self::over) transport.
///
/// The proxy resolves names, as with Java's clients.
///
/// ```
/// use rocketmq_tower::Addr;
/// use rocketmq_tower::client::Connector;
/// use rocketmq_tower::client::transport::Socks5Transport;
///
/// let proxy = Socks5Transport::new("proxy.example:1080").credentials("user", "password");
/// // Without the proxy on this machine.
/// let proxy = proxy.only_for(|addr: &Addr| addr.ip().is_none_or(|ip| !ip.is_loopback()));
/// let connector = Connector::new().transport(proxy);
/// ```
///
/// To choose between several proxies by the server's network, as Java does, write a transport:
///
/// ```
/// use rocketmq_tower::client::{Connector, transport::Socks5Transport};
/// use rocketmq_tower::{Addr, ServiceExt, service_fn};
///
/// let (office, cloud) = (Socks5Transport::new("10.0.0.1:1080"), Socks5Transport::new("172.16.0.1:1080"));
/// let by_network = service_fn(move |addr: Addr| {
///     let is_office = addr.to_string().starts_with("10.");
///     if is_office { office.clone() } else { cloud.clone() }.oneshot(addr)
/// });
/// let connector = Connector::new().transport(by_network);
/// ```
#[derive(Clone)]
pub struct Socks5Transport<T = TcpTransport> {
    transport: T,
    proxy: Addr,
    credentials: Option<Arc<(String, String)>>,
    handshake_timeout: Duration,
    only_for: Option<Arc<Choice>>,
}

type Choice = dyn Fn(&Addr) -> bool + Send + Sync;

impl Socks5Transport {
    /// Creates a transport through the proxy at this address, over TCP.
    #[must_use]
    pub fn new(proxy: impl Into<Addr>) -> Self {
        Self {
            transport: TcpTransport::new(),
            proxy: proxy.into(),
            credentials: None,
            handshake_timeout: Duration::from_secs(3),
            only_for: None,
        }
    }
}

impl<T> Socks5Transport<T> {
    /// Connects over this transport, both to the proxy and directly to servers. For example TLS, or
    /// TCP with another [timeout](TcpTransport::connect_timeout).
    #[must_use]
    pub fn over<U>(self, transport: U) -> Socks5Transport<U> {
        let Self { proxy, credentials, handshake_timeout, only_for, .. } = self;
        Socks5Transport { transport, proxy, credentials, handshake_timeout, only_for }
    }

    /// Sets the user name and password, if the proxy requires them. Each may have at most 255
    /// bytes.
    #[must_use]
    pub fn credentials(mut self, user: impl Into<String>, password: impl Into<String>) -> Self {
        self.credentials = Some(Arc::new((user.into(), password.into())));
        self
    }

    /// Sets how long the proxy may take to connect to the server, not counting the connection to
    /// the proxy. Default: 3 s.
    #[must_use]
    pub fn handshake_timeout(mut self, limit: Duration) -> Self {
        self.handshake_timeout = limit;
        self
    }

    /// Uses the proxy only for these servers, and connects to others directly.
    #[must_use]
    pub fn only_for(mut self, servers: impl Fn(&Addr) -> bool + Send + Sync + 'static) -> Self {
        self.only_for = Some(Arc::new(servers));
        self
    }

    async fn shake_hands<Io>(&self, io: Io, target: TargetAddr<'_>) -> Result<Io, Socks5Error>
    where
        Io: AsyncRead + AsyncWrite + Unpin,
    {
        let connecting = async {
            match self.credentials.as_deref() {
                Some((user, password)) => {
                    Socks5Stream::connect_with_password_and_socket(io, target, user, password).await
                }
                None => Socks5Stream::connect_with_socket(io, target).await,
            }
        };
        let (proxy, limit) = (&self.proxy, self.handshake_timeout);
        match timeout(limit, connecting).await {
            Ok(Ok(stream)) => Ok(stream.into_inner()),
            Ok(Err(error)) => Err(Socks5Error::from_proxy(proxy, error)),
            Err(_) => Err(Socks5Error::Timeout { proxy: proxy.clone(), limit }),
        }
    }
}

impl<T> Service<Addr> for Socks5Transport<T>
where
    T: Transport,
{
    type Response = (T::Io, ChannelInfo);
    type Error = ConnectError;
    type Future = BoxConnectFuture<T::Io>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), ConnectError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, addr: Addr) -> Self::Future {
        let socks = self.clone();
        Box::pin(async move {
            let direct = socks.transport.clone();
            if socks.only_for.as_ref().is_some_and(|is_for| !is_for(&addr)) {
                let connected = direct.oneshot(addr).await;
                return connected.map_err(|error| ConnectError::from_transport(error.into()));
            }
            let target = match &addr {
                Addr::Ip(addr) => Ok(TargetAddr::Ip(*addr)),
                Addr::Name(name) => (&**name).into_target_addr(),
                _ => return Err(ConnectError::Unreachable(addr)),
            };
            let Ok(target) = target else { return Err(ConnectError::InvalidAddr { addr }) };
            let proxy = &socks.proxy;
            let connected = reserving(socks.handshake_timeout, direct.oneshot(proxy.clone())).await;
            let (io, mut info) = connected.map_err(|error| {
                let source = Box::new(ConnectError::from_transport(error.into()));
                Socks5Error::Unreachable { proxy: proxy.clone(), source }
            })?;
            let io = socks.shake_hands(io, target).await?;
            info.peer_addr = addr;
            Ok((io, info))
        })
    }
}

/// Omits the password.
impl<T: fmt::Debug> fmt::Debug for Socks5Transport<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Socks5Transport")
            .field("transport", &self.transport)
            .field("proxy", &self.proxy)
            .field("user", &self.credentials.as_ref().map(|credentials| &credentials.0))
            .field("handshake_timeout", &self.handshake_timeout)
            .finish_non_exhaustive()
    }
}
