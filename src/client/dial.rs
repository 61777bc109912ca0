//! From a name to a socket.

use rocketmq_tower_core::ChannelInfo;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::{TcpStream, ToSocketAddrs, lookup_host};
use tokio::time::timeout;

/// Why a connection could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// The address could not be looked up, or there is none of that name.
    #[error("the server's address can't be found")]
    Resolve(#[source] io::Error),
    /// Connecting failed.
    #[error("connecting to {addr} failed")]
    Io {
        /// The address that was tried last.
        addr: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// Connecting took too long.
    #[error("connecting to {addr} took longer than {limit:?}")]
    Timeout {
        /// The address that was tried last.
        addr: SocketAddr,
        /// The time that it was given.
        limit: Duration,
    },
}

/// Connects to the first address that can be reached, within `limit` for each.
pub(super) async fn dial(
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
