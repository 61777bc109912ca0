use crate::support::inner::inner_io;
use crate::support::writes::forward_writes;
use pin_project_lite::pin_project;
use std::fmt;
use std::io::Result;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, ReadBuf};

pin_project! {
    /// Byte stream of a connection after the header. It first yields the bytes read along with the
    /// header.
    pub struct ProxyIo<Io> {
        #[pin]
        inner: Io,
        // Freed once it has been read.
        put_back: Vec<u8>,
        read: usize,
    }
}

impl<Io> ProxyIo<Io> {
    pub(super) const fn new(inner: Io, put_back: Vec<u8>) -> Self {
        Self { inner, put_back, read: 0 }
    }

    inner_io!("Returns the inner byte stream, without the bytes put back but not read yet.");
}

impl<Io: AsyncRead> AsyncRead for ProxyIo<Io> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<Result<()>> {
        let this = self.project();
        if this.put_back.is_empty() {
            return this.inner.poll_read(cx, buffer);
        }
        let rest = this.put_back.get(*this.read..).unwrap_or_default();
        let fits = rest.get(..buffer.remaining()).unwrap_or(rest);
        buffer.put_slice(fits);
        *this.read += fits.len();
        if *this.read >= this.put_back.len() {
            *this.put_back = Vec::new();
        }
        Poll::Ready(Ok(()))
    }
}

forward_writes!(ProxyIo);

impl<Io: fmt::Debug> fmt::Debug for ProxyIo<Io> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let put_back = self.put_back.len().saturating_sub(self.read);
        f.debug_struct("ProxyIo").field("inner", &self.inner).field("put_back", &put_back).finish()
    }
}
