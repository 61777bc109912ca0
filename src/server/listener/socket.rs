//! A socket of either kind.

use super::{Accept, TcpAcceptor, UnixAcceptor};
use rocketmq_tower_core::{Addr, ChannelInfo};
use std::io;
use tokio::net::{TcpStream, UnixStream};
use tokio_util::either::Either;

/// A TCP or Unix socket that listens, for programs that learn only when they start which it is.
#[derive(Debug)]
#[non_exhaustive]
pub enum SocketAcceptor {
    /// A TCP socket.
    Tcp(TcpAcceptor),
    /// A Unix socket.
    Unix(UnixAcceptor),
}

impl From<TcpAcceptor> for SocketAcceptor {
    fn from(acceptor: TcpAcceptor) -> Self {
        Self::Tcp(acceptor)
    }
}

impl From<UnixAcceptor> for SocketAcceptor {
    fn from(acceptor: UnixAcceptor) -> Self {
        Self::Unix(acceptor)
    }
}

impl Accept for SocketAcceptor {
    type Io = Either<TcpStream, UnixStream>;

    async fn accept(&mut self) -> io::Result<(Self::Io, ChannelInfo)> {
        Ok(match self {
            Self::Tcp(tcp) => tcp.accept().await.map(|(io, info)| (Either::Left(io), info))?,
            Self::Unix(unix) => unix.accept().await.map(|(io, info)| (Either::Right(io), info))?,
        })
    }

    fn accept_queued(&mut self) -> io::Result<Option<(Self::Io, ChannelInfo)>> {
        Ok(match self {
            Self::Tcp(tcp) => tcp.accept_queued()?.map(|(io, info)| (Either::Left(io), info)),
            Self::Unix(unix) => unix.accept_queued()?.map(|(io, info)| (Either::Right(io), info)),
        })
    }

    fn local_addr(&self) -> Addr {
        match self {
            Self::Tcp(tcp) => tcp.local_addr(),
            Self::Unix(unix) => unix.local_addr(),
        }
    }
}
