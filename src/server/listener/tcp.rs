//! TCP sockets.

use super::{Accept, queue};
use crate::socket::{Liveness, TcpKeepalive};
use rocketmq_tower_core::{Addr, ChannelInfo};
use socket2::SockRef;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;
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
    /// When the system probes silent peers, to notice those that vanished (SO_KEEPALIVE). Default:
    /// after 60 s, three times, 10 s apart; `None` never probes.
    pub keepalive: Option<TcpKeepalive>,
    /// How long written bytes may stay unacknowledged before the connection fails
    /// (TCP_USER_TIMEOUT). Default: 90 s; `None` means the system's own time, often 15 minutes. Only
    /// on Linux and Android; ignored elsewhere.
    ///
    /// Linux ends probing by it, too: less than [`keepalive`](Self::keepalive)'s idle time and the
    /// intervals between its probes together is too short, as a single lost probe would then end a
    /// connection. It also ends connections whose peer does not read: a time shorter than
    /// [`write_stall`](crate::driver::ConnectionConfig::write_stall) replaces that limit.
    pub user_timeout: Option<Duration>,
}

impl Default for TcpOptions {
    fn default() -> Self {
        let Liveness { keepalive, user_timeout } = Liveness::DEFAULT;
        Self {
            backlog: 1024,
            reuse_addr: true,
            reuse_port: false,
            nodelay: true,
            send_buffer: None,
            recv_buffer: None,
            keepalive,
            user_timeout,
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
    /// `None` for a listener that the user has bound: its own options come first.
    liveness: Option<Liveness>,
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
                    let TcpOptions { nodelay, keepalive, user_timeout, reuse_port, .. } = *options;
                    let liveness = Some(Liveness { keepalive, user_timeout });
                    let acceptor = Self::from_listener(listener);
                    return Ok(Self { nodelay, liveness, shares_port: reuse_port, ..acceptor });
                }
                Err(source) => last = io::Error::new(source.kind(), BindError { addr, source }),
            }
        }
        Err(last)
    }

    /// Accepts from a socket of the standard library that already listens, whether it blocks or not,
    /// such as one that the process [inherited](super::from_env). Sets options as
    /// [`from_listener`](Self::from_listener) does.
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

    /// Accepts from a socket that already listens. Sets `TCP_NODELAY` on each connection, and the
    /// defaults of [`TcpOptions::keepalive`] and [`TcpOptions::user_timeout`], unless the connection
    /// has one of the two from the listener.
    #[must_use]
    pub fn from_listener(listener: TcpListener) -> Self {
        // It may have been made of one that blocks, and would stop a thread of the runtime.
        _ = SockRef::from(&listener).set_nonblocking(true);
        // A socket that listens has an address.
        let local_addr = listener.local_addr().map(Addr::from).unwrap_or_default();
        Self {
            listener,
            local_addr,
            nodelay: true,
            liveness: None,
            leave_queue: false,
            shares_port: false,
        }
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
        _ = match self.liveness {
            Some(liveness) => liveness.apply(stream),
            None => Liveness::DEFAULT.apply_if_unset(stream),
        };
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
