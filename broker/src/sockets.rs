//! The sockets of a broker.

use crate::StartError;
use crate::config::BrokerConfig;
#[cfg(feature = "console")]
use crate::console::Console;
#[cfg(feature = "metrics-exporter")]
use crate::exporter::Exporter;
use rocketmq_tower::server::listener::{Accept, TcpAcceptor, TcpOptions};
use std::io;
use std::net::SocketAddr;

/// Everything that listens.
pub(crate) struct Sockets {
    pub(crate) name_server: TcpAcceptor,
    /// The broker's own, and the VIP socket if there is one.
    pub(crate) broker: Vec<TcpAcceptor>,
    #[cfg(feature = "metrics-exporter")]
    pub(crate) exporter: Option<Exporter>,
    #[cfg(feature = "console")]
    pub(crate) console: Option<Console>,
}

impl Sockets {
    /// Binds the addresses that `config` has.
    pub(crate) async fn bind(config: &BrokerConfig) -> Result<Self, StartError> {
        let addr = config.name_server_listen.clone();
        let name_server =
            bind(&addr).await.map_err(|source| StartError::ListenNameServer { addr, source })?;
        let addr = config.listen.clone();
        let broker =
            bind(&addr).await.map_err(|source| StartError::ListenBroker { addr, source })?;
        let vip = if config.vip_port { bind_vip(local_addr(&broker)?).await } else { None };
        Ok(Self {
            name_server,
            broker: [Some(broker), vip].into_iter().flatten().collect(),
            #[cfg(feature = "metrics-exporter")]
            exporter: match &config.metrics {
                Some(addr) => Some(Exporter::bind(addr).await?),
                None => None,
            },
            #[cfg(feature = "console")]
            console: match config.console.as_ref().filter(|options| !options.addr.is_empty()) {
                Some(options) => Some(Console::bind(options).await?),
                None => None,
            },
        })
    }

    /// The address on which metrics are served, if they are.
    pub(crate) fn metrics_addr(&self) -> Result<Option<SocketAddr>, StartError> {
        #[cfg(feature = "metrics-exporter")]
        if let Some(exporter) = &self.exporter {
            return exporter.local_addr().map(Some);
        }
        Ok(None)
    }

    /// The address of the console, if there is one.
    pub(crate) fn console_addr(&self) -> Option<SocketAddr> {
        #[cfg(feature = "console")]
        return self.console.as_ref().map(Console::local_addr);
        #[cfg(not(feature = "console"))]
        None
    }
}

/// Listens two ports below the broker, where Java's clients up to 4.5.0, the dashboard and the exporter
/// connect by default: the "VIP channel". Returns `None` if the port is not free.
async fn bind_vip(broker: SocketAddr) -> Option<TcpAcceptor> {
    let port = broker.port().checked_sub(2).filter(|&port| port > 0)?;
    let addr = SocketAddr::new(broker.ip(), port);
    match bind(&addr.to_string()).await {
        Ok(vip) => Some(vip),
        Err(error) => {
            tracing::info!(%addr, %error, "clients up to 4.5.0 cannot use the VIP channel");
            None
        }
    }
}

/// Listens on this address.
pub(crate) async fn bind(addr: &str) -> io::Result<TcpAcceptor> {
    TcpAcceptor::bind(addr, &TcpOptions::default()).await
}

/// The addresses of the broker's sockets: its own, and the VIP socket's if there is one.
pub(crate) fn broker_addrs(
    sockets: &Sockets,
) -> Result<(SocketAddr, Option<SocketAddr>), StartError> {
    let mut addrs = sockets.broker.iter().map(local_addr);
    let broker = addrs.next().ok_or_else(|| StartError::SetUp("no socket".into()))??;
    Ok((broker, addrs.next().transpose()?))
}

/// The address of a socket, with its port.
pub(crate) fn local_addr(socket: &impl Accept) -> Result<SocketAddr, StartError> {
    let addr = socket.local_addr().socket_addr();
    addr.ok_or_else(|| StartError::SetUp("a TCP socket has no IP address".into()))
}
