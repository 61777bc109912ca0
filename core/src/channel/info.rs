//! Who is at the ends of a connection.

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
    /// A host's name and a port, `host:port`, not looked up yet: whom a client wants to reach.
    Name(Arc<str>),
    /// The path of a Unix socket.
    Unix(Arc<Path>),
    /// No address: an unnamed Unix socket, or bytes that come from no socket at all.
    #[default]
    Unnamed,
}

impl Addr {
    /// The IP address, if it is one.
    #[must_use]
    pub fn ip(&self) -> Option<IpAddr> {
        self.socket_addr().map(|addr| addr.ip())
    }

    /// IP address and port, if it is one.
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

/// An IP address and a port if it is that, else a name.
impl From<&str> for Addr {
    fn from(text: &str) -> Self {
        text.parse().map_or_else(|_| Self::Name(text.into()), Self::Ip)
    }
}

/// An IP address and a port if it is that, else a name.
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

/// What is known about a connection: its addresses, and what the connection's layers found out.
///
/// Layers of the connection level may change it through
/// [`Connection::info_mut`](super::Connection::info_mut) until the driver starts; from then on it
/// is fixed.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct ChannelInfo {
    /// This side's address.
    pub local_addr: Addr,
    /// The other side's address: behind a proxy, the true client's once a layer has learnt it.
    pub peer_addr: Addr,
    /// Facts of any type, such as a TLS layer's about certificates.
    pub extensions: Extensions,
}

impl ChannelInfo {
    /// A connection between these addresses.
    #[must_use]
    pub fn new(local_addr: impl Into<Addr>, peer_addr: impl Into<Addr>) -> Self {
        let (local_addr, peer_addr) = (local_addr.into(), peer_addr.into());
        Self { local_addr, peer_addr, extensions: Extensions::new() }
    }
}
