use rocketmq_tower_core::{Addr, BoxError, texts_with_causes};
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

texts_with_causes! {
    not_resolved(source: io::Error) "the server's address can't be found", source;
    failed(addr: SocketAddr, source: io::Error) "connecting to {addr} failed", source;
    transport_failed(source: BoxError) "the transport failed", &**source;
}

/// Why a connection could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// The text is not `host:port`, with a port of 0 to 65535.
    #[error("{:?} is not an address, which is host:port", .addr.to_string())]
    InvalidAddr {
        /// The address as it was given.
        addr: Addr,
    },
    /// The name could not be resolved, or resolves to no address.
    #[error(fmt = not_resolved)]
    Resolve(#[source] io::Error),
    /// Connecting failed.
    #[error(fmt = failed)]
    Io {
        /// The address that was tried last.
        addr: SocketAddr,
        /// The error of the system.
        source: io::Error,
    },
    /// Connecting took too long.
    #[error("connecting to {addr} took longer than {limit:?}")]
    Timeout {
        /// The address that was tried last.
        addr: SocketAddr,
        /// The time limit.
        limit: Duration,
    },
    /// The transport took longer than the
    /// [`dial_timeout`](crate::client::ClientBuilder::dial_timeout).
    #[error("the transport took longer than {0:?}")]
    TransportTimeout(Duration),
    /// The transport does not support this kind of address.
    #[error("the transport can't reach {0}")]
    Unreachable(Addr),
    /// The transport failed.
    #[error(fmt = transport_failed)]
    Transport(#[source] BoxError),
}

impl ConnectError {
    /// Converts the error of a transport of any type.
    pub(in crate::client) fn from_transport(error: BoxError) -> Self {
        match error.downcast::<Self>() {
            Ok(error) => *error,
            Err(error) => Self::Transport(error),
        }
    }
}
