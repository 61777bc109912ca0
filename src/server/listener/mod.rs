//! Where connections come from.

mod errors;
mod retry;
mod tcp;
#[cfg(unix)]
mod unix;

pub use retry::{Accept, Retry};
pub use tcp::{TcpAcceptor, TcpOptions};

use rocketmq_tower_core::{Addr, ChannelInfo};
use std::future::Future;
use std::io;
use tokio::io::{AsyncRead, AsyncWrite};

/// A source of connections that cannot fail.
///
/// Whatever goes wrong is the listener's to deal with: it hands out the next connection, or, when
/// there will never be one again, `None`, and then the server shuts down gracefully, and asks for
/// the [`failure`](Self::failure) that there may have been. For sources that do fail, such as
/// sockets, implement [`Accept`] and put [`Retry`] around it.
///
/// `accept` must be cancel safe: the server drops its future and calls it again.
pub trait Listener: Send + 'static {
    /// The bytes of a connection.
    type Io: AsyncRead + AsyncWrite + Unpin + Send + 'static;

    /// Waits for the next connection.
    fn accept(&mut self) -> impl Future<Output = Option<(Self::Io, ChannelInfo)>> + Send;

    /// Where this listens.
    fn local_addr(&self) -> Addr;

    /// A connection that this handed out has ended, and given back what it used, such as a file
    /// descriptor: a listener that waits for one may try again. By default nothing happens.
    fn connection_ended(&mut self) {}

    /// Why `accept` returned `None`, if that was a failure: serving then ends with
    /// [`ServeError::Accept`](crate::server::ServeError::Accept) instead of `Ok`. By default it was
    /// none.
    fn failure(&mut self) -> Option<io::Error> {
        None
    }
}
