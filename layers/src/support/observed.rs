//! A byte stream that tells an observer how many bytes move.

use crate::support::inner::inner_io;
use pin_project_lite::pin_project;
use std::io::{IoSlice, Result};
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Is told how many bytes move over a connection.
pub trait Observer {
    /// A read returned `bytes` bytes; 0 if it is pending, failed, or reached the end.
    fn read(&mut self, bytes: usize);

    /// There is nothing to read.
    fn read_pending(&mut self) {}

    /// A write accepted `bytes` bytes.
    fn wrote(&mut self, bytes: usize);

    /// A write was not accepted, as there is no room.
    fn write_pending(&mut self) {}

    /// The written bytes are about to be flushed.
    fn flushing(&mut self) {}
}

pin_project! {
    /// Byte stream of a connection that reports to an observer.
    #[derive(Debug)]
    pub struct ObservedIo<Io, O> {
        #[pin]
        inner: Io,
        observer: O,
    }
}

impl<Io, O> ObservedIo<Io, O> {
    /// Reports the bytes of `inner` to `observer`.
    pub const fn new(inner: Io, observer: O) -> Self {
        Self { inner, observer }
    }

    inner_io!("Returns the inner byte stream.");
}

fn noted(observer: &mut impl Observer, written: Poll<Result<usize>>) -> Poll<Result<usize>> {
    match written {
        Poll::Ready(Ok(bytes)) => observer.wrote(bytes),
        Poll::Ready(Err(_)) => {}
        Poll::Pending => observer.write_pending(),
    }
    written
}

impl<Io: AsyncRead, O: Observer> AsyncRead for ObservedIo<Io, O> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<Result<()>> {
        let this = self.project();
        let before = buffer.filled().len();
        let read = this.inner.poll_read(cx, buffer);
        this.observer.read(buffer.filled().len() - before);
        if read.is_pending() {
            this.observer.read_pending();
        }
        read
    }
}

impl<Io: AsyncWrite, O: Observer> AsyncWrite for ObservedIo<Io, O> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize>> {
        let this = self.project();
        noted(this.observer, this.inner.poll_write(cx, bytes))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<Result<usize>> {
        let this = self.project();
        noted(this.observer, this.inner.poll_write_vectored(cx, slices))
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        let this = self.project();
        this.observer.flushing();
        this.inner.poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        let this = self.project();
        this.observer.flushing();
        this.inner.poll_shutdown(cx)
    }
}
