//! The bytes of a connection: split into pieces, and observed.

use crate::fault::host_name;
use crate::journal::{Host, Journal};
use bytes::BytesMut;
use rocketmq_tower::{RemotingCodec, RemotingCommand};
use std::collections::BTreeSet;
use std::io::Result;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_util::codec::Decoder;
use turmoil::net::TcpStream;

/// The largest piece of a read, if reads are split.
const PIECE: usize = 4_096;

/// A connection of a simulated host.
pub(crate) struct Wire {
    pub(crate) io: TcpStream,
    /// The maximum number of bytes per read or write.
    pub(crate) chunk: usize,
    /// Whether everything is written twice.
    pub(crate) twice: bool,
    pub(crate) tap: Option<Tap>,
}

impl AsyncRead for Wire {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<Result<()>> {
        let this = self.get_mut();
        let before = buffer.filled().len();
        if this.chunk == usize::MAX {
            ready!(Pin::new(&mut this.io).poll_read(cx, buffer))?;
        } else {
            let mut piece = [0; PIECE];
            let length = PIECE.min(this.chunk).min(buffer.remaining());
            let mut piece = ReadBuf::new(&mut piece[..length]);
            ready!(Pin::new(&mut this.io).poll_read(cx, &mut piece))?;
            buffer.put_slice(piece.filled());
        }
        if let Some(tap) = &mut this.tap {
            tap.received(&buffer.filled()[before..]);
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Wire {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize>> {
        let this = self.get_mut();
        let piece = &bytes[..bytes.len().min(this.chunk)];
        let written = ready!(Pin::new(&mut this.io).poll_write(cx, piece))?;
        if this.twice {
            // It does not matter if only a part of the copy is written.
            _ = Pin::new(&mut this.io).poll_write(cx, piece);
        }
        if let Some(tap) = &mut this.tap {
            tap.sent(&piece[..written]);
        }
        Poll::Ready(Ok(written))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.get_mut().io).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.get_mut().io).poll_shutdown(cx)
    }
}

/// Observes both directions: each response must be the first one to a request that is not oneway.
pub(crate) struct Tap {
    journal: Arc<Journal>,
    host: Host,
    outbound: Frames,
    inbound: Frames,
    /// Requests of this side without a response so far.
    asked: BTreeSet<i32>,
    /// Requests of the other side without a response so far.
    owed: BTreeSet<i32>,
}

impl Tap {
    pub(crate) fn new(journal: Arc<Journal>, host: Host) -> Self {
        Self {
            journal,
            host,
            outbound: Frames::default(),
            inbound: Frames::default(),
            asked: BTreeSet::new(),
            owed: BTreeSet::new(),
        }
    }

    fn sent(&mut self, bytes: &[u8]) {
        self.outbound.bytes.extend_from_slice(bytes);
        while let Some(frame) = self.outbound.next() {
            follow(&self.journal, self.host, ">", &frame, &mut self.asked, &mut self.owed);
        }
    }

    fn received(&mut self, bytes: &[u8]) {
        self.inbound.bytes.extend_from_slice(bytes);
        while let Some(frame) = self.inbound.next() {
            follow(&self.journal, self.host, "<", &frame, &mut self.owed, &mut self.asked);
        }
    }
}

/// One direction.
#[derive(Default)]
struct Frames {
    codec: RemotingCodec,
    bytes: BytesMut,
}

impl Frames {
    /// Returns the next frame. The driver checks whether frames are well formed.
    fn next(&mut self) -> Option<RemotingCommand> {
        self.codec.decode(&mut self.bytes).ok().flatten()
    }
}

fn follow(
    journal: &Journal,
    host: Host,
    direction: &str,
    frame: &RemotingCommand,
    asked: &mut BTreeSet<i32>,
    owed: &mut BTreeSet<i32>,
) {
    let (opaque, length) = (frame.opaque(), frame.body().len());
    let mut book = journal.open();
    book.frames += 1;
    let what = if frame.is_response() { "response" } else { "request" };
    let name = host_name(host);
    book.note(format_args!("{name} {direction} {what} {opaque} {} {length}", frame.code()));
    if frame.is_response() {
        if !owed.remove(&opaque) {
            let what = format!("{name} {direction} a response to {opaque}, which expects none");
            book.violation("one answer per request", what);
        }
    } else if !frame.is_oneway() && !asked.insert(opaque) {
        book.violation("one answer per request", format!("{name} uses {opaque} twice"));
    }
}
