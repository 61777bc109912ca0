//! A connection that its driver has not started yet: [`Connection`].

use crate::channel::{Channel, ChannelInfo, CloseReason, Shared};
use std::fmt;
use std::sync::Arc;

/// A new connection: the request of a connection-level service.
///
/// It holds the byte stream `Io` and the driver's end of the [`Channel`]. Layers wrap the stream
/// ([`map_io`](Self::map_io)), add facts ([`info_mut`](Self::info_mut)), and pass the connection on;
/// the innermost service runs it. Dropping it closes the connection.
pub struct Connection<Io> {
    io: Io,
    info: ChannelInfo,
    end: DriverEnd,
}

impl<Io> Connection<Io> {
    /// Creates a connection over `io`.
    #[must_use]
    pub fn new(io: Io, info: ChannelInfo) -> Self {
        let end = DriverEnd { shared: Shared::new(info.clone()) };
        Self { io, info, end }
    }

    /// Returns a handle to the connection. Calls through it wait until the driver runs.
    pub fn channel(&self) -> Channel {
        Channel::new(Arc::clone(&self.end.shared))
    }

    /// Returns the facts about the connection.
    #[must_use]
    pub fn info(&self) -> &ChannelInfo {
        &self.info
    }

    /// Returns the facts about the connection for changes. Handles see the changes once the driver
    /// has started.
    pub fn info_mut(&mut self) -> &mut ChannelInfo {
        &mut self.info
    }

    /// Returns the byte stream.
    #[must_use]
    pub fn io(&self) -> &Io {
        &self.io
    }

    /// Returns the byte stream, to read from or write to before the driver starts.
    pub fn io_mut(&mut self) -> &mut Io {
        &mut self.io
    }

    /// Replaces the byte stream by the one that `f` makes from it.
    ///
    /// A layer that has to wait first, for instance for a handshake, does so in its future, using
    /// [`io_mut`](Self::io_mut) and its own timeout. Dropping the future closes the connection:
    ///
    /// ```
    /// use rocketmq_tower_core::{BoxError, Connection, Disconnect};
    /// use std::time::Duration;
    /// use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, BufReader};
    /// use tower_service::Service;
    ///
    /// /// Reads one byte, stores it, and passes the connection on, buffered.
    /// async fn greet<Io, S>(
    ///     mut connection: Connection<Io>,
    ///     mut inner: S, // ready
    /// ) -> Result<Disconnect, BoxError>
    /// where
    ///     Io: AsyncRead + AsyncWrite + Unpin,
    ///     S: Service<Connection<BufReader<Io>>, Response = Disconnect, Error: Into<BoxError>>,
    /// {
    ///     let greeting = connection.io_mut().read_u8();
    ///     let greeting = tokio::time::timeout(Duration::from_secs(3), greeting).await??;
    ///     connection.info_mut().extensions.insert(greeting);
    ///     inner.call(connection.map_io(BufReader::new)).await.map_err(Into::into)
    /// }
    /// ```
    #[must_use]
    pub fn map_io<T>(self, f: impl FnOnce(Io) -> T) -> Connection<T> {
        Connection { io: f(self.io), info: self.info, end: self.end }
    }

    pub(crate) fn into_parts(self) -> (Io, ChannelInfo, DriverEnd) {
        (self.io, self.info, self.end)
    }
}

impl<Io> fmt::Debug for Connection<Io> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("id", &self.end.shared.id)
            .field("local_addr", &self.info.local_addr)
            .field("peer_addr", &self.info.peer_addr)
            .finish_non_exhaustive()
    }
}

/// The driver's end of a channel. Dropping it marks the connection as closed.
#[derive(Debug)]
pub(crate) struct DriverEnd {
    pub(crate) shared: Arc<Shared>,
}

impl DriverEnd {
    pub(crate) fn channel(&self) -> Channel {
        Channel::new(Arc::clone(&self.shared))
    }
}

impl Drop for DriverEnd {
    fn drop(&mut self) {
        self.shared.set_gone(CloseReason::Aborted);
        self.shared.note_requests(0);
        self.shared.inbox.detach();
    }
}
