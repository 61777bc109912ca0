//! Sources of connections: those that may fail, and those that cannot.

use rocketmq_tower_core::{Addr, ChannelInfo};
use std::future::Future;
use std::io;
use tokio::io::{AsyncRead, AsyncWrite};

/// A source of connections that cannot fail.
///
/// A listener handles its errors itself. `accept` returns the next connection, or `None` when there
/// will never be another: then the server shuts down gracefully, and calls
/// [`failure`](Self::failure) to learn whether that was an error. For sources that may fail, such
/// as sockets, implement [`Accept`] and put [`Retry`](super::Retry) around it.
///
/// `accept` must be cancel safe: the server drops its future and calls it again.
///
/// ```
/// use rocketmq_tower::server::Listener;
/// use rocketmq_tower::{Addr, ChannelInfo};
/// use tokio::io::DuplexStream;
/// use tokio::sync::mpsc::UnboundedReceiver;
///
/// /// Takes connections within the process from a queue.
/// struct InMemory(UnboundedReceiver<DuplexStream>);
///
/// impl Listener for InMemory {
///     type Io = DuplexStream;
///
///     async fn accept(&mut self) -> Option<(DuplexStream, ChannelInfo)> {
///         self.0.recv().await.map(|io| (io, ChannelInfo::default()))
///     }
///
///     fn local_addr(&self) -> Addr {
///         Addr::Unnamed
///     }
/// }
/// ```
pub trait Listener: Send + 'static {
    /// The byte stream of a connection.
    type Io: AsyncRead + AsyncWrite + Unpin + Send + 'static;

    /// Waits for the next connection.
    fn accept(&mut self) -> impl Future<Output = Option<(Self::Io, ChannelInfo)>> + Send;

    /// Returns the address that this listens on.
    fn local_addr(&self) -> Addr;

    /// Returns all addresses that this listens on. Default: [`local_addr`](Self::local_addr) alone.
    fn local_addrs(&self) -> Vec<Addr> {
        vec![self.local_addr()]
    }

    /// Called when a connection of this listener has ended and has released its resources, such as
    /// a file descriptor: a listener that waits for one may try again. Default: does nothing.
    fn connection_ended(&mut self) {}

    /// Returns a connection that already waits to be accepted, without waiting for one.
    ///
    /// When the server shuts down it takes these connections until this returns `None`, at most 4096,
    /// and drops the listener. They are drained as the others are, since a peer may have sent requests
    /// over them. Default: `None`, so that connections that wait are closed with the listener.
    fn accept_queued(&mut self) -> Option<(Self::Io, ChannelInfo)> {
        None
    }

    /// Returns the error for which `accept` returned `None`, if there was one: serving then ends
    /// with [`ServeError::Accept`](crate::server::ServeError::Accept) instead of `Ok`. Default:
    /// `None`.
    fn failure(&mut self) -> Option<io::Error> {
        None
    }
}

/// A source of connections that may fail. `accept` must be cancel safe.
pub trait Accept: Send + 'static {
    /// The byte stream of a connection.
    type Io: AsyncRead + AsyncWrite + Unpin + Send + 'static;

    /// Waits for the next connection.
    ///
    /// # Errors
    /// If no connection can be accepted now. The next attempt may succeed.
    fn accept(&mut self) -> impl Future<Output = io::Result<(Self::Io, ChannelInfo)>> + Send;

    /// Returns a connection that already waits to be accepted, without waiting for one: see
    /// [`Listener::accept_queued`]. Default: `None`.
    ///
    /// # Errors
    /// If the connection cannot be accepted now.
    fn accept_queued(&mut self) -> io::Result<Option<(Self::Io, ChannelInfo)>> {
        Ok(None)
    }

    /// Returns the address that this listens on.
    fn local_addr(&self) -> Addr;
}
