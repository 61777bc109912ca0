use rocketmq_tower_core::{Addr, BoxError, texts_with_causes};
use std::fmt;
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
        /// The address that was tried.
        addr: SocketAddr,
        /// The error of the system.
        source: io::Error,
    },
    /// Connecting took too long.
    #[error("connecting to {addr} took longer than {limit:?}")]
    Timeout {
        /// The address that was tried.
        addr: SocketAddr,
        /// The time that the attempt had: the connect timeout, or its share of the time that was
        /// left.
        limit: Duration,
    },
    /// There are several addresses, and none can be reached. The text has the cause of each.
    #[error(fmt = all_failed)]
    AllFailed {
        /// The error of each address that was tried, in the order in which they failed: [`Io`]
        /// and [`Timeout`]. At most 16.
        ///
        /// [`Io`]: Self::Io
        /// [`Timeout`]: Self::Timeout
        failures: Vec<ConnectError>,
        /// The number of addresses that were not tried, as there are more than 16.
        untried: usize,
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

fn all_failed(
    failures: &[ConnectError],
    untried: &usize,
    f: &mut fmt::Formatter<'_>,
) -> fmt::Result {
    write!(f, "none of {} addresses can be reached", failures.len() + untried)?;
    for (number, failure) in failures.iter().enumerate() {
        let separator = if number == 0 { ':' } else { ';' };
        write!(f, "{separator} {failure:#}")?;
    }
    match untried {
        0 => Ok(()),
        untried => write!(f, "; {untried} were not tried"),
    }
}

impl ConnectError {
    /// Returns the error of a dial whose every attempt failed.
    pub(super) fn from_failures(mut failures: Vec<Self>, untried: usize) -> Self {
        match (failures.pop(), failures.is_empty()) {
            (None, _) => {
                let nothing = "the address resolves to nothing";
                Self::Resolve(io::Error::new(io::ErrorKind::NotFound, nothing))
            }
            (Some(only), true) if untried == 0 => only,
            (Some(last), _) => {
                failures.push(last);
                Self::AllFailed { failures, untried }
            }
        }
    }

    /// Converts the error of a transport of any type.
    pub(in crate::client) fn from_transport(error: BoxError) -> Self {
        match error.downcast::<Self>() {
            Ok(error) => *error,
            Err(error) => Self::Transport(error),
        }
    }
}
