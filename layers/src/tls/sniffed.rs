use crate::support::writes::forward_writes;
use pin_project_lite::pin_project;
use std::io::Result;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, ReadBuf};

pin_project! {
    /// Byte stream whose first byte can be peeked at; reads return it again.
    #[derive(Debug)]
    pub(super) struct Sniffed<Io> {
        first: Option<u8>,
        #[pin]
        inner: Io,
    }
}

impl<Io> Sniffed<Io> {
    pub(super) fn new(inner: Io) -> Self {
        Self { first: None, inner }
    }

    /// Returns the inner byte stream.
    pub(super) fn get_ref(&self) -> &Io {
        &self.inner
    }
}

impl<Io: AsyncRead + Unpin> Sniffed<Io> {
    /// Ready with the first byte; `None` at the end of the stream.
    pub(super) fn poll_first(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<u8>>> {
        if self.first.is_none() {
            let mut byte = [0; 1];
            let mut buffer = ReadBuf::new(&mut byte);
            ready!(Pin::new(&mut self.inner).poll_read(cx, &mut buffer))?;
            self.first = buffer.filled().first().copied();
        }
        Poll::Ready(Ok(self.first))
    }
}

impl<Io: AsyncRead> AsyncRead for Sniffed<Io> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<Result<()>> {
        let this = self.project();
        let Some(first) = *this.first else { return this.inner.poll_read(cx, buffer) };
        if buffer.remaining() == 0 {
            return Poll::Ready(Ok(()));
        }
        buffer.put_slice(&[first]);
        *this.first = None;
        // Also read the bytes that are available already.
        match this.inner.poll_read(cx, buffer) {
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            _ => Poll::Ready(Ok(())),
        }
    }
}

forward_writes!(Sniffed);
