//! Where connections come from.

mod retry;
mod tcp;
#[cfg(unix)]
mod unix;

pub use retry::{Accept, Retry};
pub use tcp::{Tcp, TcpOptions};

use rocketmq_tower_core::{Addr, ChannelInfo};
use std::future::Future;
use tokio::io::{AsyncRead, AsyncWrite};

/// A source of connections that cannot fail.
///
/// Whatever goes wrong is the listener's to deal with: it hands out the next connection, or, when
/// there will never be one again, `None`, and then the server shuts down gracefully. For sources
/// that do fail, such as sockets, implement [`Accept`] and put [`Retry`] around it.
///
/// `accept` must be cancel safe: the server drops its future and calls it again.
pub trait Listener: Send + 'static {
    /// The bytes of a connection.
    type Io: AsyncRead + AsyncWrite + Unpin + Send + 'static;

    /// Waits for the next connection.
    fn accept(&mut self) -> impl Future<Output = Option<(Self::Io, ChannelInfo)>> + Send;

    /// Where this listens.
    fn local_addr(&self) -> Addr;
}
