use super::ConnectError;
use rocketmq_tower_core::Addr;
use std::io;
use std::time::Duration;

/// Why there is no TLS with a server that was reached: the source of a [`ConnectError::Transport`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// The address has no name that a certificate could be for. It can be
    /// [set](rocketmq_tower_layers::tls::ClientTls::server_name).
    #[error("{addr} has no name that a certificate could be for")]
    ServerName {
        /// The server.
        addr: Addr,
    },
    /// The server was not who it should be, broke the handshake off, or does not speak TLS.
    #[error("the TLS handshake with {addr} failed")]
    Handshake {
        /// The server.
        addr: Addr,
        /// What is wrong.
        source: io::Error,
    },
    /// The server took too long.
    #[error("the TLS handshake with {addr} took longer than {limit:?}")]
    Timeout {
        /// The server.
        addr: Addr,
        /// The time that it was given.
        limit: Duration,
    },
}

impl From<TlsError> for ConnectError {
    fn from(error: TlsError) -> Self {
        Self::Transport(error.into())
    }
}
