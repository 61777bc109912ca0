//! TCP sockets.

use super::Accept;
use rocketmq_tower_core::{Addr, ChannelInfo};
use std::io;
use std::net::SocketAddr;
use tokio::net::{TcpListener, TcpSocket, TcpStream, ToSocketAddrs, lookup_host};

/// Options of a server's TCP sockets.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct TcpOptions {
    /// How many connections may wait to be accepted (SO_BACKLOG). 1024; the system may have a
    /// smaller bound.
    pub backlog: u32,
    /// Whether the port can be bound while connections of an earlier server linger (SO_REUSEADDR).
    /// True.
    pub reuse_addr: bool,
    /// Whether small segments are sent at once (TCP_NODELAY). True.
    pub nodelay: bool,
    /// The size of send buffers (SO_SNDBUF); the system's own if `None`, the default.
    pub send_buffer: Option<u32>,
    /// The size of receive buffers (SO_RCVBUF); the system's own if `None`, the default.
    pub recv_buffer: Option<u32>,
}

impl Default for TcpOptions {
    fn default() -> Self {
        Self {
            backlog: 1024,
            reuse_addr: true,
            nodelay: true,
            send_buffer: None,
            recv_buffer: None,
        }
    }
}

/// A TCP socket that listens.
#[derive(Debug)]
pub struct TcpAcceptor {
    listener: TcpListener,
    local_addr: SocketAddr,
    nodelay: bool,
}

impl TcpAcceptor {
    /// Listens on the first address that can be bound of those that `addr` resolves to.
    ///
    /// # Errors
    /// If `addr` does not resolve, or none of its addresses can be bound: then the last one's
    /// error.
    pub async fn bind(addr: impl ToSocketAddrs, options: &TcpOptions) -> io::Result<Self> {
        let mut last =
            io::Error::new(io::ErrorKind::InvalidInput, "the address resolves to nothing");
        for addr in lookup_host(addr).await? {
            match listen(addr, options) {
                Ok(listener) => {
                    let local_addr = listener.local_addr()?;
                    return Ok(Self { listener, local_addr, nodelay: options.nodelay });
                }
                Err(source) => last = io::Error::new(source.kind(), BindError { addr, source }),
            }
        }
        Err(last)
    }

    /// Takes over a socket that listens already.
    ///
    /// # Errors
    /// If the socket does not know its address.
    pub fn from_listener(listener: TcpListener) -> io::Result<Self> {
        let local_addr = listener.local_addr()?;
        Ok(Self { listener, local_addr, nodelay: true })
    }
}

/// Which address could not be bound, inside of the `io::Error`.
#[derive(Debug, thiserror::Error)]
#[error("failed to bind to {addr}")]
struct BindError {
    addr: SocketAddr,
    source: io::Error,
}

fn listen(addr: SocketAddr, options: &TcpOptions) -> io::Result<TcpListener> {
    let socket = if addr.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    socket.set_reuseaddr(options.reuse_addr)?;
    // Accepted sockets inherit the sizes, which have to be known before the handshake.
    if let Some(size) = options.send_buffer {
        socket.set_send_buffer_size(size)?;
    }
    if let Some(size) = options.recv_buffer {
        socket.set_recv_buffer_size(size)?;
    }
    socket.bind(addr)?;
    socket.listen(options.backlog)
}

impl Accept for TcpAcceptor {
    type Io = TcpStream;

    async fn accept(&mut self) -> io::Result<(TcpStream, ChannelInfo)> {
        let (stream, peer) = self.listener.accept().await?;
        // Neither fails but for a peer that is gone already, which the first read will tell.
        _ = stream.set_nodelay(self.nodelay);
        let local = stream.local_addr().unwrap_or(self.local_addr);
        Ok((stream, ChannelInfo::new(local, peer)))
    }

    fn local_addr(&self) -> Addr {
        self.local_addr.into()
    }
}
