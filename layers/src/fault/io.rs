use super::request::INJECTED;
use crate::support::inner::inner_io;
use pin_project_lite::pin_project;
use std::io::{Error, ErrorKind, IoSlice, Result};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

pin_project! {
    /// Byte stream of a connection that may be truncated.
    #[derive(Debug)]
    pub struct FaultIo<Io> {
        #[pin]
        inner: Io,
        // How many more bytes may be written. `None` means without end.
        left: Option<u64>,
    }
}

impl<Io> FaultIo<Io> {
    pub(super) const fn new(inner: Io, max_written: Option<u64>) -> Self {
        Self { inner, left: max_written }
    }

    inner_io!("Returns the inner byte stream, which is not truncated.");
}

impl<Io: AsyncRead> AsyncRead for FaultIo<Io> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<Result<()>> {
        self.project().inner.poll_read(cx, buffer)
    }
}

impl<Io: AsyncWrite> AsyncWrite for FaultIo<Io> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize>> {
        let this = self.project();
        let Some(left) = this.left else { return this.inner.poll_write(cx, bytes) };
        let allowed = usize::try_from(*left).unwrap_or(usize::MAX).min(bytes.len());
        if allowed == 0 && !bytes.is_empty() {
            // The peer gets the bytes so far, and then the end.
            ready!(this.inner.poll_shutdown(cx))?;
            return Poll::Ready(Err(Error::new(ErrorKind::BrokenPipe, INJECTED)));
        }
        let written = ready!(this.inner.poll_write(cx, &bytes[..allowed]))?;
        *left = left.saturating_sub(written as u64);
        Poll::Ready(Ok(written))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<Result<usize>> {
        if self.left.is_none() {
            return self.project().inner.poll_write_vectored(cx, slices);
        }
        let first = slices.iter().find(|slice| !slice.is_empty());
        self.poll_write(cx, first.map_or(&[], |slice| &**slice))
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        self.project().inner.poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        self.project().inner.poll_shutdown(cx)
    }
}
