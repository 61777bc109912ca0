use super::activity::Activity;
use pin_project_lite::pin_project;
use std::io::{IoSlice, Result};
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

pin_project! {
    /// A connection's bytes, with a note of when they last moved.
    #[derive(Debug)]
    pub struct IdleIo<Io> {
        #[pin]
        inner: Io,
        activity: Activity,
    }
}

impl<Io> IdleIo<Io> {
    pub(super) fn new(inner: Io, activity: Activity) -> Self {
        Self { inner, activity }
    }

    /// The wrapped source of bytes.
    pub fn get_ref(&self) -> &Io {
        &self.inner
    }

    /// The wrapped source of bytes, to change it.
    pub fn get_mut(&mut self) -> &mut Io {
        &mut self.inner
    }

    /// The source of bytes alone.
    pub fn into_inner(self) -> Io {
        self.inner
    }
}

/// Notes that bytes moved, if any did.
fn noted(activity: &Activity, written: Poll<Result<usize>>) -> Poll<Result<usize>> {
    if matches!(written, Poll::Ready(Ok(length)) if length > 0) {
        activity.note();
    }
    written
}

impl<Io: AsyncRead> AsyncRead for IdleIo<Io> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<Result<()>> {
        let this = self.project();
        let before = buffer.filled().len();
        let read = this.inner.poll_read(cx, buffer);
        if buffer.filled().len() > before {
            this.activity.note();
        }
        read
    }
}

impl<Io: AsyncWrite> AsyncWrite for IdleIo<Io> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize>> {
        let this = self.project();
        noted(this.activity, this.inner.poll_write(cx, bytes))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<Result<usize>> {
        let this = self.project();
        noted(this.activity, this.inner.poll_write_vectored(cx, slices))
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
