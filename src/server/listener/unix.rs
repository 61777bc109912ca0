//! Unix sockets.

use super::Accept;
use rocketmq_tower_core::{Addr, ChannelInfo};
use std::io;
use tokio::net::unix::SocketAddr;
use tokio::net::{UnixListener, UnixStream};

fn addr(addr: io::Result<SocketAddr>) -> Addr {
    let addr = addr.ok();
    let path = addr.as_ref().and_then(SocketAddr::as_pathname);
    path.map_or(Addr::Unnamed, |path| Addr::Unix(path.into()))
}

impl Accept for UnixListener {
    type Io = UnixStream;

    async fn accept(&mut self) -> io::Result<(UnixStream, ChannelInfo)> {
        let (stream, peer) = Self::accept(self).await?;
        Ok((stream, ChannelInfo::new(Accept::local_addr(self), addr(Ok(peer)))))
    }

    fn local_addr(&self) -> Addr {
        addr(Self::local_addr(self))
    }
}
