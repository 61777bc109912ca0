//! TCP sockets.

use super::{Accept, queue};
use rocketmq_tower_core::{Addr, ChannelInfo};
use socket2::SockRef;
use std::io;
use std::net::SocketAddr;
use tokio::net::{TcpListener, TcpSocket, TcpStream, ToSocketAddrs, lookup_host};

/// Options of a server's TCP sockets.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct TcpOptions {
    /// The maximum number of connections that wait to be accepted (the backlog of `listen`).
    /// Default: 1024; the system may have a smaller limit.
    pub backlog: u32,
    /// Whether the port can be bound while connections of an earlier server linger (SO_REUSEADDR).
    /// Default: true.
    pub reuse_addr: bool,
    /// Whether other processes may listen on the same port at the same time, if they set this, too,
    /// and run as the same user (SO_REUSEPORT). The system chooses which of them gets a connection.
    /// With it, a new process can [take over](crate::server::restart) from an old one. Default: false.
    /// On systems without it, binding fails with `Unsupported`.
    pub reuse_port: bool,
    /// Whether small segments are sent at once (TCP_NODELAY). Default: true.
    pub nodelay: bool,
    /// The size of send buffers in bytes (SO_SNDBUF). Default: `None`, the system's own size.
    pub send_buffer: Option<u32>,
    /// The size of receive buffers in bytes (SO_RCVBUF). Default: `None`, the system's own size.
    pub recv_buffer: Option<u32>,
}

impl Default for TcpOptions {
    fn default() -> Self {
        Self {
            backlog: 1024,
            reuse_addr: true,
            reuse_port: false,
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
    local_addr: Addr,
    nodelay: bool,
    leave_queue: bool,
    /// Whether other sockets share the port.
    shares_port: bool,
}

impl TcpAcceptor {
    /// Listens on the first address that `addr` resolves to and that can be bound.
    ///
    /// # Errors
    /// If `addr` cannot be resolved, or if none of its addresses can be bound: the error of the
    /// last one.
    pub async fn bind(addr: impl ToSocketAddrs, options: &TcpOptions) -> io::Result<Self> {
        let mut last =
            io::Error::new(io::ErrorKind::InvalidInput, "the address resolves to nothing");
        for addr in lookup_host(addr).await? {
            match listen(addr, options) {
                Ok(listener) => {
                    let (nodelay, shares_port) = (options.nodelay, options.reuse_port);
                    return Ok(Self { nodelay, shares_port, ..Self::from_listener(listener) });
                }
                Err(source) => last = io::Error::new(source.kind(), BindError { addr, source }),
            }
        }
        Err(last)
    }

    /// Accepts from a socket of the standard library that already listens, whether it blocks or not,
    /// such as one that the process [inherited](super::from_env). Sets `TCP_NODELAY` on each connection.
    ///
    /// # Errors
    /// If the runtime cannot watch the socket.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub fn from_std(listener: std::net::TcpListener) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        Ok(Self::from_listener(TcpListener::from_std(listener)?))
    }

    /// Accepts from a socket that already listens. Sets `TCP_NODELAY` on each connection.
    #[must_use]
    pub fn from_listener(listener: TcpListener) -> Self {
        // It may have been made of one that blocks, and would stop a thread of the runtime.
        _ = SockRef::from(&listener).set_nonblocking(true);
        // A socket that listens has an address.
        let local_addr = listener.local_addr().map(Addr::from).unwrap_or_default();
        Self { listener, local_addr, nodelay: true, leave_queue: false, shares_port: false }
    }

    /// Leaves connections that wait to be accepted in the kernel's queue when the server shuts down.
    ///
    /// For a socket that other processes hold, too, and go on accepting from. Without it the server
    /// takes these connections and drains them, so that their clients have to connect again.
    #[must_use]
    pub const fn leave_queue(mut self) -> Self {
        self.leave_queue = true;
        self
    }

    fn info(&self, stream: &TcpStream, peer: Addr) -> ChannelInfo {
        // These fail only if the peer has already left, and then the first read fails, too.
        _ = stream.set_nodelay(self.nodelay);
        let local = stream.local_addr().map_or_else(|_| self.local_addr.clone(), Addr::from);
        ChannelInfo::new(local, peer)
    }
}

/// Names the address that could not be bound, inside the `io::Error`.
#[derive(Debug, thiserror::Error)]
#[error("failed to bind to {addr}")]
struct BindError {
    addr: SocketAddr,
    source: io::Error,
}

fn listen(addr: SocketAddr, options: &TcpOptions) -> io::Result<TcpListener> {
    let socket = if addr.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    socket.set_reuseaddr(options.reuse_addr)?;
    if options.reuse_port {
        reuse_port(&socket)?;
    }
    // Accepted sockets inherit the sizes, which must be set before the handshake.
    if let Some(size) = options.send_buffer {
        socket.set_send_buffer_size(size)?;
    }
    if let Some(size) = options.recv_buffer {
        socket.set_recv_buffer_size(size)?;
    }
    socket.bind(addr)?;
    socket.listen(options.backlog)
}

#[cfg(all(unix, not(any(target_os = "solaris", target_os = "illumos", target_os = "cygwin"))))]
fn reuse_port(socket: &TcpSocket) -> io::Result<()> {
    socket.set_reuseport(true)
}

#[cfg(not(all(
    unix,
    not(any(target_os = "solaris", target_os = "illumos", target_os = "cygwin"))
)))]
fn reuse_port(_socket: &TcpSocket) -> io::Result<()> {
    Err(io::Error::new(io::ErrorKind::Unsupported, "the system has no SO_REUSEPORT"))
}

impl Accept for TcpAcceptor {
    type Io = TcpStream;

    async fn accept(&mut self) -> io::Result<(TcpStream, ChannelInfo)> {
        let (stream, peer) = self.listener.accept().await?;
        let info = self.info(&stream, peer.into());
        Ok((stream, info))
    }

    fn accept_queued(&mut self) -> io::Result<Option<(TcpStream, ChannelInfo)>> {
        if self.leave_queue {
            return Ok(None);
        }
        if std::mem::take(&mut self.shares_port) {
            queue::ignore_new_peers((&self.listener).into());
        }
        let Some((socket, peer)) = queue::accept((&self.listener).into())? else {
            return Ok(None);
        };
        let stream = TcpStream::from_std(socket.into())?;
        let info = self.info(&stream, peer.as_socket().map(Addr::from).unwrap_or_default());
        Ok(Some((stream, info)))
    }

    fn local_addr(&self) -> Addr {
        self.local_addr.clone()
    }
}
