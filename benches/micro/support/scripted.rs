//! A peer in memory, which sends prepared bytes and discards what it receives.

use rocketmq_tower::RemotingCommand;
use rocketmq_tower_test_support::encode;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A peer that sends the same frames again and again, and accepts all bytes.
pub(crate) struct Scripted {
    frames: Vec<u8>,
    /// How many bytes of `frames` were read in this turn.
    read: usize,
    turns: usize,
    script: Script,
}

/// Controls how often a [`Scripted`] peer may send its frames, and counts the bytes it received.
#[derive(Clone, Default)]
pub(crate) struct Script {
    allowed: Arc<AtomicUsize>,
    written: Arc<AtomicUsize>,
}

impl Scripted {
    /// Creates a peer whose turns each send `frames` frames of `command`. A read returns as much of
    /// one turn as fits.
    pub(crate) fn new(command: &RemotingCommand, frames: usize) -> (Self, Script) {
        let script = Script::default();
        let frames = encode(command).repeat(frames);
        (Self { frames, read: 0, turns: 0, script: script.clone() }, script)
    }
}

impl Script {
    /// Allows `turns` more turns. It wakes no task.
    pub(crate) fn allow(&self, turns: usize) {
        self.allowed.fetch_add(turns, Relaxed);
    }

    /// Returns how many bytes the peer received.
    pub(crate) fn written(&self) -> usize {
        self.written.load(Relaxed)
    }
}

impl AsyncRead for Scripted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.turns == self.script.allowed.load(Relaxed) {
            return Poll::Pending;
        }
        let count = buffer.remaining().min(self.frames.len() - self.read);
        buffer.put_slice(&self.frames[self.read..self.read + count]);
        self.read += count;
        if self.read == self.frames.len() {
            self.read = 0;
            self.turns += 1;
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Scripted {
    fn poll_write(
        self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.script.written.fetch_add(bytes.len(), Relaxed);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let count = slices.iter().map(|slice| slice.len()).sum();
        self.script.written.fetch_add(count, Relaxed);
        Poll::Ready(Ok(count))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
