//! Addresses and other facts about a connection.

use http::Extensions;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

/// The address of one end of a connection.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Addr {
    /// An IP address and a port.
    Ip(SocketAddr),
    /// An unresolved host name and port, `host:port`, that a client connects to.
    Name(Arc<str>),
    /// The path of a Unix socket.
    Unix(Arc<Path>),
    /// No address: an unnamed Unix socket, or a byte stream that is not a socket.
    #[default]
    Unnamed,
}

impl Addr {
    /// Returns the IP address; `None` unless this is [`Addr::Ip`].
    #[must_use]
    pub fn ip(&self) -> Option<IpAddr> {
        self.socket_addr().map(|addr| addr.ip())
    }

    /// Returns the IP address and port; `None` unless this is [`Addr::Ip`].
    #[must_use]
    pub fn socket_addr(&self) -> Option<SocketAddr> {
        match self {
            Self::Ip(addr) => Some(*addr),
            _ => None,
        }
    }
}

impl From<SocketAddr> for Addr {
    fn from(addr: SocketAddr) -> Self {
        Self::Ip(addr)
    }
}

/// Parses an IP address and a port; anything else becomes a name.
impl From<&str> for Addr {
    fn from(text: &str) -> Self {
        text.parse().map_or_else(|_| Self::Name(text.into()), Self::Ip)
    }
}

/// Parses an IP address and a port; anything else becomes a name.
impl From<String> for Addr {
    fn from(text: String) -> Self {
        text.as_str().into()
    }
}

impl fmt::Display for Addr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ip(addr) => addr.fmt(f),
            Self::Name(name) => f.write_str(name),
            Self::Unix(path) => path.display().fmt(f),
            Self::Unnamed => f.write_str("unnamed"),
        }
    }
}

/// Facts about a connection: its addresses, and extensions that connection layers add.
///
/// Layers change it through [`Connection::info_mut`](crate::connection::Connection::info_mut) until
/// the driver starts. From then on it does not change.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct ChannelInfo {
    /// This side's address.
    pub local_addr: Addr,
    /// The peer's address. Behind a proxy, this is the client's address once a layer has set it.
    pub peer_addr: Addr,
    /// Values of any type, at most one per type, such as the peer's certificate.
    pub extensions: Extensions,
}

impl ChannelInfo {
    /// Creates the info of a connection between two addresses, without extensions.
    #[must_use]
    pub fn new(local_addr: impl Into<Addr>, peer_addr: impl Into<Addr>) -> Self {
        let (local_addr, peer_addr) = (local_addr.into(), peer_addr.into());
        Self { local_addr, peer_addr, extensions: Extensions::new() }
    }

    /// Whether both have the same addresses and no extensions.
    pub(super) fn equals(&self, other: &Self) -> bool {
        let are_plain = self.extensions.is_empty() && other.extensions.is_empty();
        are_plain && self.local_addr == other.local_addr && self.peer_addr == other.peer_addr
    }
}
