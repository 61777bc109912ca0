//! The bytes of a connection: cut into pieces, and read along.

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

/// The largest piece that is read, if they are cut.
const PIECE: usize = 4_096;

/// A connection of a simulated host.
pub(crate) struct Wire {
    pub(crate) io: TcpStream,
    /// No more bytes than these are written or read at once.
    pub(crate) chunk: usize,
    /// Whether all is written twice.
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
            // Enough of it goes through.
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

/// Reads both directions along: every answer is that of a request, the first one, and of none that
/// is oneway.
pub(crate) struct Tap {
    journal: Arc<Journal>,
    host: Host,
    outbound: Frames,
    inbound: Frames,
    /// Requests of this side that were not answered.
    asked: BTreeSet<i32>,
    /// Requests of the other side that were not answered.
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
    /// The next one. That all are well formed is the driver's to say.
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
    let what = if frame.is_response() { "answer" } else { "request" };
    let name = host_name(host);
    book.note(format_args!("{name} {direction} {what} {opaque} {} {length}", frame.code()));
    if frame.is_response() {
        if !owed.remove(&opaque) {
            let what = format!("{name} {direction} an answer to {opaque}, which waits for none");
            book.violation("one answer per request", what);
        }
    } else if !frame.is_oneway() && !asked.insert(opaque) {
        book.violation("one answer per request", format!("{name} uses {opaque} twice"));
    }
}
