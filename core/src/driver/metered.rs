//! A byte stream that is read once at a time.

use std::io::Result;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Pauses after each read, so that the driver can ask whether it may read more. Otherwise `Framed`
/// would read a whole frame at once.
#[derive(Debug)]
pub(super) struct Metered<Io> {
    pub(super) io: Io,
    /// Whether one read is allowed.
    allowed: bool,
    /// Whether a read was refused since the last one was allowed.
    refused: bool,
}

impl<Io> Metered<Io> {
    pub(super) fn new(io: Io) -> Self {
        Self { io, allowed: false, refused: false }
    }

    /// Allows one read.
    #[inline]
    pub(super) fn allow_read(&mut self) {
        self.allowed = true;
        self.refused = false;
    }

    /// Whether there may be more to read: a `Pending` was only the pause after the allowed read.
    #[inline]
    pub(super) fn has_paused(&self) -> bool {
        self.refused
    }
}

impl<Io: AsyncRead + Unpin> AsyncRead for Metered<Io> {
    #[inline]
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<Result<()>> {
        if !self.allowed {
            self.refused = true;
            return Poll::Pending;
        }
        self.allowed = false;
        Pin::new(&mut self.io).poll_read(cx, buffer)
    }
}

/// Its writes are not vectored: `Framed` has one buffer, and would make slices for 64 each time.
impl<Io: AsyncWrite + Unpin> AsyncWrite for Metered<Io> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<Result<usize>> {
        Pin::new(&mut self.io).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}
