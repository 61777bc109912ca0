use super::dialing::reserving;
use super::service::BoxConnectFuture;
use super::{ConnectError, TcpTransport, TlsError, Transport};
use rocketmq_tower_core::{Addr, ChannelInfo};
use rocketmq_tower_layers::tls::rustls::pki_types::ServerName;
use rocketmq_tower_layers::tls::{ClientTls, TlsInfo};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tower::ServiceExt;
use tower_service::Service;

/// Adds TLS to connections over TCP or [another](Self::over) transport.
///
/// Servers are verified by the name or the IP address of the call, unless the [settings](ClientTls)
/// say otherwise. The channel's extensions contain a [`TlsInfo`] with the results of the handshake.
///
/// ```no_run
/// use rocketmq_tower::client::Client;
/// use rocketmq_tower::client::Connector;
/// use rocketmq_tower::client::transport::TlsTransport;
/// use rocketmq_tower::layers::tls::{ClientTls, TlsConfigError};
///
/// # fn make() -> Result<(), TlsConfigError> {
/// let tls = TlsTransport::new(ClientTls::from_roots_file("ca.pem")?);
/// let client = Client::builder().connector(Connector::new().transport(tls)).build();
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct TlsTransport<T = TcpTransport> {
    settings: ClientTls,
    transport: T,
    handshake_timeout: Duration,
}

impl TlsTransport {
    /// Creates a transport that uses TLS over TCP.
    #[must_use]
    pub fn new(settings: ClientTls) -> Self {
        let handshake_timeout = Duration::from_secs(3);
        Self { settings, transport: TcpTransport::new(), handshake_timeout }
    }
}

impl<T> TlsTransport<T> {
    /// Connects over this transport. For example a proxy, or TCP with another
    /// [timeout](super::TcpTransport::connect_timeout).
    #[must_use]
    pub fn over<U>(self, transport: U) -> TlsTransport<U> {
        let Self { settings, handshake_timeout, .. } = self;
        TlsTransport { settings, transport, handshake_timeout }
    }

    /// Sets how long the handshake may take, not counting the connection itself. Default: 3 s.
    #[must_use]
    pub const fn handshake_timeout(mut self, limit: Duration) -> Self {
        self.handshake_timeout = limit;
        self
    }

    /// Returns the name that the server's certificate must have.
    fn server_name(&self, addr: &Addr) -> Result<ServerName<'static>, TlsError> {
        if let Some(name) = self.settings.fixed_server_name() {
            return Ok(name.clone());
        }
        let name = match addr {
            Addr::Ip(addr) => Some(ServerName::from(addr.ip())),
            Addr::Name(name) => {
                let host = name.rsplit_once(':').map_or(&**name, |(host, _)| host);
                ServerName::try_from(host.to_owned()).ok()
            }
            _ => None,
        };
        name.ok_or_else(|| TlsError::ServerName { addr: addr.clone() })
    }

    async fn shake_hands<Io>(
        &self,
        addr: &Addr,
        name: ServerName<'static>,
        io: Io,
    ) -> Result<TlsStream<Io>, TlsError>
    where
        Io: AsyncRead + AsyncWrite + Unpin,
    {
        let (addr, limit) = (addr.clone(), self.handshake_timeout);
        let connector = TlsConnector::from(Arc::clone(self.settings.config()));
        match timeout(limit, connector.connect(name, io)).await {
            Ok(Ok(stream)) => Ok(stream),
            Ok(Err(source)) => Err(TlsError::Handshake { addr, source }),
            Err(_) => Err(TlsError::Timeout { addr, limit }),
        }
    }
}

impl<T> Service<Addr> for TlsTransport<T>
where
    T: Transport,
{
    type Response = (TlsStream<T::Io>, ChannelInfo);
    type Error = ConnectError;
    type Future = BoxConnectFuture<TlsStream<T::Io>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), ConnectError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, addr: Addr) -> Self::Future {
        let tls = self.clone();
        Box::pin(async move {
            let name = tls.server_name(&addr)?;
            let asked = match &name {
                ServerName::DnsName(name) => Some(name.as_ref().to_owned()),
                _ => None,
            };
            let connecting = tls.transport.clone().oneshot(addr.clone());
            let connected = reserving(tls.handshake_timeout, connecting).await;
            let (io, mut info) =
                connected.map_err(|error| ConnectError::from_transport(error.into()))?;
            let stream = tls.shake_hands(&addr, name, io).await?;
            info.extensions.insert(TlsInfo::new(stream.get_ref().1, asked));
            Ok((stream, info))
        })
    }
}
