//! Long bodies, written with vectored writes to avoid copying them.

use bytes::{Buf, Bytes, BytesMut};
use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::AsyncWrite;

/// Bodies of at least this many bytes are not copied into the write buffer. Copying a shorter one
/// costs less than another slice.
pub(super) const LONG: usize = 16 * 1024;

/// Maximum number of slices per write.
const SLICES: usize = 16;

/// Queued long bodies, and their positions between the bytes of the write buffer.
#[derive(Debug, Default)]
pub(super) struct Bodies {
    queue: VecDeque<Body>,
    unwritten: usize,
    /// The position of the last body: the number of bytes in the write buffer that go before it.
    placed: usize,
}

#[derive(Debug)]
struct Body {
    /// The number of bytes in the write buffer that go between the previous body and this one.
    before: usize,
    bytes: Bytes,
}

impl Bodies {
    /// Returns the number of unwritten bytes of all bodies.
    pub(super) fn unwritten(&self) -> usize {
        self.unwritten
    }

    /// Queues a body to be written after the `buffered` bytes that the write buffer now holds.
    pub(super) fn push(&mut self, bytes: Bytes, buffered: usize) {
        let before = buffered - self.placed;
        self.placed = buffered;
        self.unwritten += bytes.len();
        self.queue.push_back(Body { before, bytes });
    }

    /// Writes up to the end of the last body.
    pub(super) fn poll_write<Io: AsyncWrite + Unpin>(
        &mut self,
        io: &mut Io,
        buffer: &mut BytesMut,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        while !self.queue.is_empty() {
            let mut slices = [IoSlice::new(&[]); SLICES];
            let count = self.fill(buffer, &mut slices);
            let written = if io.is_write_vectored() {
                Pin::new(&mut *io).poll_write_vectored(cx, &slices[..count])
            } else {
                let first = slices.iter().find(|slice| !slice.is_empty());
                Pin::new(&mut *io).poll_write(cx, first.map_or(&[], |slice| slice))
            };
            match ready!(written)? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                written => self.advance(buffer, written),
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Fills `slices` with the next bytes in order. Returns the number of slices.
    fn fill<'a>(&'a self, mut buffer: &'a [u8], slices: &mut [IoSlice<'a>; SLICES]) -> usize {
        let mut count = 0;
        for (body, pair) in self.queue.iter().zip(slices.chunks_exact_mut(2)) {
            let (before, rest) = buffer.split_at(body.before);
            buffer = rest;
            pair[0] = IoSlice::new(before);
            pair[1] = IoSlice::new(&body.bytes);
            count += 2;
        }
        count
    }

    /// Removes the next `written` bytes from the buffer and the bodies.
    fn advance(&mut self, buffer: &mut BytesMut, mut written: usize) {
        while let Some(body) = self.queue.front_mut() {
            let before = written.min(body.before);
            buffer.advance(before);
            body.before -= before;
            self.placed -= before;
            written -= before;
            let now = written.min(body.bytes.len());
            body.bytes.advance(now);
            self.unwritten -= now;
            written -= now;
            if body.before > 0 || !body.bytes.is_empty() {
                return;
            }
            self.queue.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Bodies;
    use bytes::{Bytes, BytesMut};
    use std::future::poll_fn;
    use tokio_test::io::Builder;

    #[tokio::test]
    async fn bodies_go_between_the_bytes_of_the_buffer_however_little_is_taken_at_a_time() {
        let (mut bodies, mut buffer) = (Bodies::default(), BytesMut::from("ab"));
        bodies.push(Bytes::from("CDEF"), 2);
        bodies.push(Bytes::from("GH"), 2);
        buffer.extend_from_slice(b"i");
        bodies.push(Bytes::from("J"), 3);
        buffer.extend_from_slice(b"kl");
        assert_eq!(bodies.unwritten(), 7);
        let mut io = Builder::new().write(b"a").write(b"bC").write(b"DEFG").write(b"HiJ").build();
        let written = poll_fn(|cx| bodies.poll_write(&mut io, &mut buffer, cx)).await;
        written.expect("written");
        assert_eq!(bodies.unwritten(), 0);
        assert_eq!(&buffer[..], b"kl", "what is behind the last body stays");
    }
}
