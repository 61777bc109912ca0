//! Unix sockets.

use super::{Accept, queue};
use rocketmq_tower_core::{Addr, ChannelInfo};
use socket2::SockRef;
use std::io;
use std::os::fd::OwnedFd;
use tokio::net::unix::SocketAddr;
use tokio::net::{UnixListener, UnixStream};

/// A Unix socket that listens.
#[derive(Debug)]
pub struct UnixAcceptor {
    listener: UnixListener,
    leave_queue: bool,
}

impl UnixAcceptor {
    /// Accepts from a socket of the standard library that already listens, whether it blocks or not,
    /// such as one that the process [inherited](super::from_env).
    ///
    /// # Errors
    /// If the runtime cannot watch the socket.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub fn from_std(listener: std::os::unix::net::UnixListener) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        Ok(Self::from_listener(UnixListener::from_std(listener)?))
    }

    /// Accepts from a socket that already listens.
    #[must_use]
    pub fn from_listener(listener: UnixListener) -> Self {
        // It may have been made of one that blocks, and would stop a thread of the runtime.
        _ = SockRef::from(&listener).set_nonblocking(true);
        Self { listener, leave_queue: false }
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
}

fn addr(addr: io::Result<SocketAddr>) -> Addr {
    let addr = addr.ok();
    let path = addr.as_ref().and_then(SocketAddr::as_pathname);
    path.map_or(Addr::Unnamed, |path| Addr::Unix(path.into()))
}

impl Accept for UnixAcceptor {
    type Io = UnixStream;

    async fn accept(&mut self) -> io::Result<(UnixStream, ChannelInfo)> {
        let (stream, peer) = self.listener.accept().await?;
        Ok((stream, ChannelInfo::new(self.local_addr(), addr(Ok(peer)))))
    }

    fn accept_queued(&mut self) -> io::Result<Option<(UnixStream, ChannelInfo)>> {
        if self.leave_queue {
            return Ok(None);
        }
        let Some((socket, peer)) = queue::accept((&self.listener).into())? else {
            return Ok(None);
        };
        let peer = peer.as_pathname().map_or(Addr::Unnamed, |path| Addr::Unix(path.into()));
        let stream = UnixStream::from_std(OwnedFd::from(socket).into())?;
        Ok(Some((stream, ChannelInfo::new(self.local_addr(), peer))))
    }

    fn local_addr(&self) -> Addr {
        addr(self.listener.local_addr())
    }
}
