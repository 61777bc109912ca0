//! A connection that its driver has not started yet: [`Connection`].

use crate::channel::{Channel, ChannelInfo, CloseReason, Shared};
use std::fmt;
use std::sync::Arc;

/// A connection that has just been made: the request of the connection level's services.
///
/// It holds the bytes' source `Io` and the driver's end of the [`Channel`]. Layers look at it, wrap
/// its `Io` ([`map_io`](Self::map_io): TLS, timeouts), add to what is known of it, and pass it on;
/// the innermost service drives it to its end. Dropping it closes it.
pub struct Connection<Io> {
    io: Io,
    info: ChannelInfo,
    end: DriverEnd,
}

impl<Io> Connection<Io> {
    /// A connection over `io`, about which `info` is known.
    #[must_use]
    pub fn new(io: Io, info: ChannelInfo) -> Self {
        let end = DriverEnd { shared: Shared::new(info.clone()) };
        Self { io, info, end }
    }

    /// A handle of the connection. Calls over it wait until the driver runs.
    #[must_use]
    pub fn channel(&self) -> Channel {
        Channel::new(Arc::clone(&self.end.shared))
    }

    /// What is known of the connection.
    #[must_use]
    pub fn info(&self) -> &ChannelInfo {
        &self.info
    }

    /// What is known of the connection, to add to it. Handles see the changes once the driver has
    /// started.
    pub fn info_mut(&mut self) -> &mut ChannelInfo {
        &mut self.info
    }

    /// The bytes' source.
    #[must_use]
    pub fn io(&self) -> &Io {
        &self.io
    }

    /// The bytes' source, to read from or write to before the driver does.
    pub fn io_mut(&mut self) -> &mut Io {
        &mut self.io
    }

    /// The same connection over another source of bytes, made of this one's.
    ///
    /// A layer that has to wait first, such as for a handshake, does so in its future, over
    /// [`io_mut`](Self::io_mut), with a time limit of its own; what it dropped halfway is closed:
    ///
    /// ```
    /// use rocketmq_tower_core::{BoxError, Connection, Disconnect};
    /// use std::time::Duration;
    /// use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, BufReader};
    /// use tower_service::Service;
    ///
    /// /// Reads one byte, adds it to what is known, and passes the connection on, buffered.
    /// async fn greet<Io, S>(
    ///     mut connection: Connection<Io>,
    ///     mut inner: S, // a clone of the layer's inner service that is ready
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

/// What makes the channel end when the connection does, whoever drops it.
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
        self.shared.inbox.detach();
    }
}
