use super::ConnectError;
use rocketmq_tower_core::{Addr, texts_with_causes};
use std::io;
use std::time::Duration;

texts_with_causes! {
    failed(addr: Addr, source: io::Error) "the TLS handshake with {addr} failed", source;
}

/// Why TLS with a server failed: the source of a [`ConnectError::Transport`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// The address has no name to verify the server's certificate against. Set the name with
    /// [`ClientTls::server_name`](rocketmq_tower_layers::tls::ClientTls::server_name).
    #[error("{addr} has no name to verify a certificate against")]
    ServerName {
        /// The server.
        addr: Addr,
    },
    /// The server could not be verified, aborted the handshake, or does not speak TLS.
    #[error(fmt = failed)]
    Handshake {
        /// The server.
        addr: Addr,
        /// The error of the handshake.
        source: io::Error,
    },
    /// The server took too long.
    #[error("the TLS handshake with {addr} took longer than {limit:?}")]
    Timeout {
        /// The server.
        addr: Addr,
        /// The time limit.
        limit: Duration,
    },
}

impl From<TlsError> for ConnectError {
    fn from(error: TlsError) -> Self {
        Self::Transport(error.into())
    }
}
