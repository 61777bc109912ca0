//! A connection's bytes, controlled by the fuzzer.

use bytes::BytesMut;
use std::cell::RefCell;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Both directions, and the next step of each.
#[derive(Default)]
pub(crate) struct Wire {
    /// Bytes that the peer has sent and that are not read yet.
    pub(crate) input: BytesMut,
    /// The number of these bytes that have arrived.
    pub(crate) arrived: usize,
    /// The maximum number of bytes per read.
    pub(crate) read_most: usize,
    /// How the input ends after the last byte.
    pub(crate) end: Option<End>,
    reader: Option<Waker>,

    /// The number of bytes that can still be written.
    pub(crate) room: usize,
    /// The maximum number of bytes per write.
    pub(crate) write_most: usize,
    pub(crate) write_fails: bool,
    /// Whether a write accepts several slices.
    pub(crate) vectored: bool,
    /// Whether flush and shutdown stay pending.
    pub(crate) holds_back: bool,
    /// Whether shutdown was requested.
    pub(crate) ending: bool,
    pub(crate) shut: bool,
    writer: Option<Waker>,
    flusher: Option<Waker>,
    /// Called before and after each read.
    pub(crate) on_read: Option<OnRead>,
    /// Called with the bytes of each write.
    pub(crate) on_write: Option<OnWrite>,
}

type OnRead = Box<dyn FnMut(Read<'_>)>;
type OnWrite = Box<dyn FnMut(&[u8])>;

/// The start or the result of a read.
pub(crate) enum Read<'a> {
    /// A read is about to begin.
    Begins,
    Bytes(&'a [u8]),
    End,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Orderly,
    Error,
}

impl Wire {
    /// Makes everything arrive, and accepts every write.
    pub(crate) fn open(&mut self) {
        (self.arrived, self.read_most) = (usize::MAX, usize::MAX);
        (self.room, self.write_most) = (usize::MAX, usize::MAX);
        self.holds_back = false;
    }

    /// Takes the wakers of tasks that can make progress now.
    fn wake(&mut self) -> [Option<Waker>; 3] {
        let ended = self.input.is_empty() && self.end.is_some();
        let readable = ended || (self.arrived > 0 && !self.input.is_empty());
        let writable = self.room > 0 || self.write_fails;
        let flushes = !self.holds_back || self.write_fails;
        let take = |waker: &mut Option<Waker>, now| if now { waker.take() } else { None };
        [
            take(&mut self.reader, readable),
            take(&mut self.writer, writable),
            take(&mut self.flusher, flushes),
        ]
    }

    /// Whether a task waits to write or flush.
    pub(crate) fn is_blocked(&self) -> bool {
        self.writer.is_some() || self.flusher.is_some()
    }

    fn tell(&mut self, read: Read<'_>) {
        if let Some(on_read) = &mut self.on_read {
            on_read(read);
        }
    }
}

/// The end of the wire that the code under test uses.
#[derive(Clone)]
pub(crate) struct Io(pub(crate) Rc<RefCell<Wire>>);

impl Io {
    /// At first nothing arrives and nothing can be written.
    pub(crate) fn new() -> Self {
        let most = usize::MAX;
        Self(Rc::new(RefCell::new(Wire { read_most: most, write_most: most, ..Wire::default() })))
    }

    /// Changes the wire, and wakes the tasks that can make progress.
    pub(crate) fn change<T>(&self, change: impl FnOnce(&mut Wire) -> T) -> T {
        let mut wire = self.0.borrow_mut();
        let result = change(&mut wire);
        let wakers = wire.wake();
        drop(wire);
        wakers.into_iter().flatten().for_each(Waker::wake);
        result
    }
}

fn failed() -> io::Error {
    io::ErrorKind::ConnectionReset.into()
}

impl AsyncRead for Io {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let wire = &mut *self.0.borrow_mut();
        wire.tell(Read::Begins);
        if wire.input.is_empty() && wire.end.is_some() {
            wire.tell(Read::End);
            return match wire.end {
                Some(End::Error) => Poll::Ready(Err(failed())),
                _ => Poll::Ready(Ok(())),
            };
        }
        let length = wire.input.len().min(wire.arrived).min(wire.read_most.max(1));
        if length == 0 {
            wire.reader = Some(cx.waker().clone());
            return Poll::Pending;
        }
        let bytes = wire.input.split_to(length.min(buffer.remaining()));
        if wire.arrived != usize::MAX {
            wire.arrived -= bytes.len();
        }
        wire.tell(Read::Bytes(&bytes));
        buffer.put_slice(&bytes);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Io {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let wire = &mut *self.0.borrow_mut();
        assert!(!wire.shut, "written behind the end");
        assert!(!bytes.is_empty(), "nothing to write");
        if wire.write_fails {
            return Poll::Ready(Err(failed()));
        }
        let length = bytes.len().min(wire.room).min(wire.write_most.max(1));
        if length == 0 {
            wire.writer = Some(cx.waker().clone());
            return Poll::Pending;
        }
        if wire.room != usize::MAX {
            wire.room -= length;
        }
        if let Some(on_write) = &mut wire.on_write {
            on_write(&bytes[..length]);
        }
        Poll::Ready(Ok(length))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let slices = if self.is_write_vectored() {
            slices
        } else {
            // Like any writer without vectored writes: only the first slice that is not empty.
            let first = slices.iter().position(|slice| !slice.is_empty());
            first.map_or(&[][..], |first| &slices[first..=first])
        };
        // The slices are limited first, since many small writes of large data take long.
        let most = self.0.borrow().write_most.max(1);
        let mut bytes = Vec::new();
        for slice in slices {
            bytes.extend_from_slice(&slice[..slice.len().min(most - bytes.len())]);
        }
        self.poll_write(cx, &bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.0.borrow().vectored
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let wire = &mut *self.0.borrow_mut();
        if wire.write_fails {
            return Poll::Ready(Err(failed()));
        }
        if wire.holds_back {
            wire.flusher = Some(cx.waker().clone());
            return Poll::Pending;
        }
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.borrow_mut().ending = true;
        std::task::ready!(self.as_ref().get_ref().clone().flush(cx))?;
        self.0.borrow_mut().shut = true;
        Poll::Ready(Ok(()))
    }
}

impl Io {
    fn flush(mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self).poll_flush(cx)
    }
}

/// A waker that only records that it was woken.
#[derive(Default)]
pub(crate) struct Flag(AtomicBool);

impl Flag {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self(AtomicBool::new(true)))
    }

    /// Whether it was woken since the last call.
    pub(crate) fn take(&self) -> bool {
        self.0.swap(false, Ordering::Relaxed)
    }
}

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}
