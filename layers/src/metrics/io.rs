use metrics::Counter;
use pin_project_lite::pin_project;
use std::io::{IoSlice, Result};
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// So many bytes are told at the latest, also while they go on moving.
const STEP: u64 = 64 * 1024;

pin_project! {
    /// A connection's bytes, counted.
    #[derive(Debug)]
    pub struct MeteredIo<Io> {
        #[pin]
        inner: Io,
        received: Tally,
        sent: Tally,
    }
}

impl<Io> MeteredIo<Io> {
    pub(super) fn new(inner: Io, received: Counter, sent: Counter) -> Self {
        Self { inner, received: Tally::new(received), sent: Tally::new(sent) }
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

/// Counts without an atomic, and tells the counter that all connections share once in a while.
#[derive(Debug)]
struct Tally {
    counter: Counter,
    untold: u64,
}

impl Tally {
    const fn new(counter: Counter) -> Self {
        Self { counter, untold: 0 }
    }

    fn add(&mut self, bytes: usize) {
        self.untold += bytes as u64;
        if self.untold >= STEP {
            self.tell();
        }
    }

    fn tell(&mut self) {
        if self.untold > 0 {
            self.counter.increment(mem::take(&mut self.untold));
        }
    }
}

impl Drop for Tally {
    fn drop(&mut self) {
        self.tell();
    }
}

fn noted(sent: &mut Tally, written: Poll<Result<usize>>) -> Poll<Result<usize>> {
    if let Poll::Ready(Ok(bytes)) = written {
        sent.add(bytes);
    }
    written
}

impl<Io: AsyncRead> AsyncRead for MeteredIo<Io> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<Result<()>> {
        let this = self.project();
        let before = buffer.filled().len();
        let read = this.inner.poll_read(cx, buffer);
        match buffer.filled().len() - before {
            // The end of what there is for now.
            0 => this.received.tell(),
            bytes => this.received.add(bytes),
        }
        read
    }
}

impl<Io: AsyncWrite> AsyncWrite for MeteredIo<Io> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize>> {
        let this = self.project();
        noted(this.sent, this.inner.poll_write(cx, bytes))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<Result<usize>> {
        let this = self.project();
        noted(this.sent, this.inner.poll_write_vectored(cx, slices))
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        let this = self.project();
        this.sent.tell();
        this.inner.poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        let this = self.project();
        this.sent.tell();
        this.inner.poll_shutdown(cx)
    }
}
