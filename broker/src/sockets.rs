//! The sockets of a broker.

use crate::StartError;
use crate::config::BrokerConfig;
#[cfg(feature = "metrics-exporter")]
use crate::exporter::Exporter;
use rocketmq_tower::server::listener::{Accept, TcpAcceptor, TcpOptions};
use std::io;
use std::net::SocketAddr;

/// Everything that listens.
pub(crate) struct Sockets {
    pub(crate) name_server: TcpAcceptor,
    pub(crate) broker: TcpAcceptor,
    #[cfg(feature = "metrics-exporter")]
    pub(crate) exporter: Option<Exporter>,
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
        Ok(Self {
            name_server,
            broker,
            #[cfg(feature = "metrics-exporter")]
            exporter: match &config.metrics {
                Some(addr) => Some(Exporter::bind(addr).await?),
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
}

/// Listens on this address.
pub(crate) async fn bind(addr: &str) -> io::Result<TcpAcceptor> {
    TcpAcceptor::bind(addr, &TcpOptions::default()).await
}

/// The address of a socket, with its port.
pub(crate) fn local_addr(socket: &impl Accept) -> Result<SocketAddr, StartError> {
    let addr = socket.local_addr().socket_addr();
    addr.ok_or_else(|| StartError::SetUp("a TCP socket has no IP address".into()))
}
