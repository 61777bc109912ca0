//! Reads and writes the frames of a connection.

use super::budget::Reader;
use super::config::ConnectionConfig;
use super::metered::Metered;
use super::vectored::{Bodies, LONG};
use crate::codec::{
    BLOCK, BoxedCodec, BoxedError, EncodeError, LARGEST_BLOCK, RemotingCodec, blocks,
};
use crate::command::RemotingCommand;
use bytes::BytesMut;
use futures_core::Stream;
use futures_sink::Sink;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_util::codec::{Decoder, Framed};

/// Maximum number of reads per poll while lingering.
const LINGER_READS: usize = 16;

/// A `Framed` with limits and progress counters, whose buffers are allocated only while they are in
/// use.
#[derive(Debug)]
pub(super) struct Transport<Io> {
    framed: Framed<Metered<Io>, BoxedCodec>,
    /// Long bodies that are not copied into the write buffer.
    bodies: Option<Box<Bodies>>,
    high_water: usize,
    frames_read: u64,
    bytes_written: u64,
    /// Whether anything was encoded since the last complete flush.
    dirty: bool,
    /// The size of the next write buffer: the number of bytes in the last one, rounded up, between [`BLOCK`] and [`LARGEST_BLOCK`].
    write_block: usize,
    /// Whether there was nothing to read. The task is woken when there is.
    starved: bool,
    /// Whether nothing more may be encoded.
    write_ended: bool,
}

impl<Io: AsyncRead + AsyncWrite + Unpin> Transport<Io> {
    pub(super) fn new(io: Io, config: &ConnectionConfig) -> Self {
        let codec = RemotingCodec::new()
            .with_max_frame_length(config.max_frame_length)
            .keep_headers(config.keep_headers);
        let mut framed = Framed::new(Metered::new(io), BoxedCodec(codec));
        *framed.read_buffer_mut() = BytesMut::new();
        *framed.write_buffer_mut() = BytesMut::new();
        let high_water = config.write_high_water;
        Self {
            framed,
            bodies: None,
            high_water,
            frames_read: 0,
            bytes_written: 0,
            dirty: false,
            write_block: BLOCK,
            starved: false,
            write_ended: false,
        }
    }

    /// Begins a poll of the connection: there may be something to read again.
    #[inline]
    pub(super) fn begin_poll(&mut self) {
        self.starved = false;
    }

    /// Whether an earlier read of this poll has found nothing.
    #[inline]
    pub(super) fn is_starved(&self) -> bool {
        self.starved
    }

    /// Reads the next frame, with at most one read from the socket. To be called unless it [is starved](Self::is_starved). Returns `None`
    /// if the peer has closed its side. After `Pending`, see [`has_more`](Self::has_more).
    pub(super) fn poll_read(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<RemotingCommand, BoxedError>>> {
        if self.framed.read_buffer().capacity() == 0 {
            let codec = &mut self.framed.codec_mut().0;
            let mut buffer = if codec.has_usual_block() { blocks::take() } else { BytesMut::new() };
            codec.reserve_block(&mut buffer);
            *self.framed.read_buffer_mut() = buffer;
        }
        self.framed.get_mut().allow_read();
        let Poll::Ready(frame) = Pin::new(&mut self.framed).poll_next(cx) else {
            self.starved = !self.has_more();
            return Poll::Pending;
        };
        self.frames_read += 1;
        Poll::Ready(frame)
    }

    /// Whether reading stopped because it had read once, not because there was nothing to read.
    pub(super) fn has_more(&self) -> bool {
        self.framed.get_ref().has_paused()
    }

    /// Returns the length of the last frame in bytes.
    pub(super) fn last_frame(&self) -> usize {
        self.framed.codec().0.last_frame()
    }

    /// Whether a complete frame is buffered, so that the next one is returned without reading.
    #[inline]
    pub(super) fn has_frame(&self) -> bool {
        self.framed.codec().0.has_frame(self.framed.read_buffer())
    }

    /// Describes the next read of a connection that holds `bytes` bytes besides the read buffer.
    #[inline]
    pub(super) fn reader(&self, bytes: usize) -> Reader {
        let buffer = self.framed.read_buffer();
        let (reach, rest) = self.framed.codec().0.reach(buffer);
        let (held, arrived) = (bytes + buffer.len(), buffer.len());
        Reader { held, arrived, reach, rest, frame: self.frames_read }
    }

    /// Returns the next frame, if it is completely buffered.
    pub(super) fn next_buffered(&mut self) -> Option<Result<RemotingCommand, BoxedError>> {
        let mut buffer = std::mem::take(self.framed.read_buffer_mut());
        let frame = self.framed.codec_mut().decode(&mut buffer).transpose();
        *self.framed.read_buffer_mut() = buffer;
        frame
    }

    /// Returns `Ready` when the peer has closed its side. Buffers at most about one block of the
    /// bytes that it sends before that.
    pub(super) fn poll_unread_end(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        while self.framed.read_buffer().len() < BLOCK {
            let mut bytes = [0; 1024];
            let mut buffer = ReadBuf::new(&mut bytes);
            // The next write reports the error.
            let read = ready!(Pin::new(&mut self.framed.get_mut().io).poll_read(cx, &mut buffer));
            if read.is_err() || buffer.filled().is_empty() {
                return Poll::Ready(());
            }
            self.framed.read_buffer_mut().extend_from_slice(buffer.filled());
            self.starved = false;
        }
        Poll::Pending
    }

    /// Returns the number of frames read, and the number of buffered bytes of the next one.
    pub(super) fn read_progress(&self) -> (u64, u64) {
        (self.frames_read, self.framed.read_buffer().len() as u64)
    }

    /// Returns a number that changes with every byte read: frames are counted in its upper half, bytes
    /// of the next one in its lower half.
    pub(super) fn heard(&self) -> u64 {
        let (frames, bytes) = self.read_progress();
        frames << 32 | bytes
    }

    /// Returns `Ready` when few enough bytes are unwritten that more may be encoded.
    pub(super) fn poll_writable(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.is_writable() {
            return Poll::Ready(Ok(()));
        }
        if self.write_ended {
            return Poll::Pending;
        }
        match self.poll_flush(cx) {
            Poll::Pending if self.is_writable() => Poll::Ready(Ok(())),
            result => result,
        }
    }

    pub(super) fn is_writable(&self) -> bool {
        !self.write_ended && (self.unwritten() == 0 || self.unwritten() < self.high_water)
    }

    /// Makes the transport unwritable: nothing may be encoded from now on.
    pub(super) fn end_writing(&mut self) {
        self.write_ended = true;
    }

    pub(super) fn encode(&mut self, command: &RemotingCommand) -> Result<(), EncodeError> {
        if self.framed.write_buffer().capacity() == 0 {
            *self.framed.write_buffer_mut() = match self.write_block {
                BLOCK => blocks::take(),
                larger => BytesMut::with_capacity(larger),
            };
        }
        if command.body().len() < LONG {
            Pin::new(&mut self.framed).start_send(command)?;
        } else {
            let mut buffer = std::mem::take(self.framed.write_buffer_mut());
            let result = self.framed.codec_mut().0.encode_head(command, &mut buffer);
            let buffered = buffer.len();
            *self.framed.write_buffer_mut() = buffer;
            result?;
            let bodies = self.bodies.get_or_insert_default();
            bodies.push(command.body().clone(), buffered);
        }
        self.dirty = true;
        Ok(())
    }

    pub(super) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !self.dirty {
            return Poll::Ready(Ok(()));
        }
        let before = self.unwritten();
        let flushed = self.poll_write(cx);
        self.bytes_written += (before - self.unwritten()) as u64;
        self.dirty = flushed.is_pending();
        flushed
    }

    fn poll_write(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let buffered = self.framed.write_buffer().len();
        self.write_block = buffered.next_power_of_two().clamp(BLOCK, LARGEST_BLOCK);
        if let Some(bodies) = &mut self.bodies {
            let mut buffer = std::mem::take(self.framed.write_buffer_mut());
            let written = bodies.poll_write(&mut self.framed.get_mut().io, &mut buffer, cx);
            *self.framed.write_buffer_mut() = buffer;
            ready!(written)?;
            self.bodies = None;
        }
        let flushed = Sink::<&RemotingCommand>::poll_flush(Pin::new(&mut self.framed), cx);
        flushed.map_err(into_io)
    }

    pub(super) fn is_flushed(&self) -> bool {
        !self.dirty
    }

    pub(super) fn unwritten(&self) -> usize {
        let bodies = self.bodies.as_ref().map_or(0, |bodies| bodies.unwritten());
        self.framed.write_buffer().len() + bodies
    }

    pub(super) fn bytes_written(&self) -> u64 {
        self.bytes_written
    }

    /// Shuts down this side's output.
    pub(super) fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(self.framed.get_mut()).poll_shutdown(cx)
    }

    /// Reads and discards bytes until the peer closes its side. Closing a socket with unread bytes
    /// would reset the connection, and the peer could lose responses that it has not read yet.
    pub(super) fn poll_linger(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut bytes = [0; 1024];
        for _ in 0..LINGER_READS {
            let mut buffer = ReadBuf::new(&mut bytes);
            ready!(Pin::new(&mut self.framed.get_mut().io).poll_read(cx, &mut buffer))?;
            if buffer.filled().is_empty() {
                return Poll::Ready(Ok(()));
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// Ends a poll of the connection: gives empty buffers of the usual size to other connections.
    pub(super) fn end_poll(&mut self) {
        if self.framed.read_buffer().is_empty() && self.framed.codec().0.has_usual_block() {
            self.framed.codec_mut().0.gave_back();
            give_back(self.framed.read_buffer_mut());
        }
        if self.framed.write_buffer().is_empty() && self.write_block == BLOCK {
            give_back(self.framed.write_buffer_mut());
        }
    }

    /// Releases empty buffers of an idle connection, of any size.
    pub(super) fn release_buffers(&mut self) {
        if self.framed.read_buffer().is_empty() {
            *self.framed.read_buffer_mut() = BytesMut::new();
            self.framed.codec_mut().0.rest();
        }
        if self.framed.write_buffer().is_empty() {
            *self.framed.write_buffer_mut() = BytesMut::new();
        }
    }
}

fn give_back(buffer: &mut BytesMut) {
    if buffer.capacity() > 0 {
        blocks::give_back(std::mem::take(buffer));
    }
}

fn into_io(error: EncodeError) -> io::Error {
    match error {
        EncodeError::Io(error) => error,
        other => io::Error::other(other),
    }
}
