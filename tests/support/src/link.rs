//! A connection that takes time: bytes arrive in order, a fixed delay after they were written.

use bytes::{Bytes, BytesMut};
use std::io;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{
    AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream, ReadHalf, WriteHalf, split,
};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, sleep, sleep_until};

/// The maximum number of pieces on their way in each direction. When it is reached, the link does
/// not read until a piece has arrived.
const PIECES: usize = 4096;
/// The maximum length of a piece, in bytes.
const PIECE: usize = 16 * 1024;

/// A transport that a [`delayed`] link can end with a reset.
pub trait Resets: AsyncRead + AsyncWrite + Send + Unpin + 'static {
    /// Closes the connection without an orderly end.
    fn reset(self);
}

impl Resets for TcpStream {
    fn reset(self) {
        // Fails only if the connection has ended already.
        _ = self.set_zero_linger();
    }
}

impl Resets for DuplexStream {
    fn reset(self) {}
}

/// Returns a transport that leads to `io`, with `delay` in each direction. Half-closes and resets
/// arrive as late as bytes do. Must be called within a tokio runtime; works with paused time.
pub fn delayed(io: impl Resets, delay: Duration) -> DuplexStream {
    let (near, far) = tokio::io::duplex(64 * 1024);
    tokio::spawn(carry(far, io, delay));
    near
}

/// Listens on a free port of the loopback interface, and carries the bytes of each connection to
/// and from `target`, with `delay` in each direction. Aborting the task closes all connections.
///
/// # Errors
/// If no port can be bound.
pub async fn delaying_proxy(
    target: SocketAddr,
    delay: Duration,
) -> io::Result<(SocketAddr, JoinHandle<()>)> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let addr = listener.local_addr()?;
    let accepting = async move {
        let mut links = JoinSet::new();
        while let Ok((near, _)) = listener.accept().await {
            links.spawn(async move {
                match TcpStream::connect(target).await {
                    Ok(far) => {
                        // Fails only if the connection has ended already.
                        _ = near.set_nodelay(true).and_then(|()| far.set_nodelay(true));
                        carry(near, far, delay).await;
                    }
                    Err(_) => near.reset(),
                }
            });
            while links.try_join_next().is_some() {}
        }
    };
    Ok((addr, tokio::spawn(accepting)))
}

/// Something on its way; an error is a reset.
type Piece = (Instant, io::Result<Bytes>);

/// Carries bytes in both directions until both have ended, or one has failed.
async fn carry<A: Resets, B: Resets>(a: A, b: B, delay: Duration) {
    let ((mut read_a, mut write_a), (mut read_b, mut write_b)) = (split(a), split(b));
    let carried = {
        let there = one_way(&mut read_a, &mut write_b, delay);
        let back = one_way(&mut read_b, &mut write_a, delay);
        tokio::try_join!(there, back)
    };
    if carried.is_err() {
        read_a.unsplit(write_a).reset();
        read_b.unsplit(write_b).reset();
    }
}

async fn one_way<A: Resets, B: Resets>(
    from: &mut ReadHalf<A>,
    to: &mut WriteHalf<B>,
    delay: Duration,
) -> io::Result<()> {
    let (sender, receiver) = channel(PIECES);
    let writing = async {
        let written = write(receiver, to).await;
        if written.is_err() {
            // The news of it takes as long as anything else.
            sleep(delay).await;
        }
        written
    };
    tokio::try_join!(read(from, sender, delay), writing).map(drop)
}

async fn read<A: Resets>(
    from: &mut ReadHalf<A>,
    sender: Sender<Piece>,
    delay: Duration,
) -> io::Result<()> {
    loop {
        let mut buffer = BytesMut::with_capacity(PIECE);
        let piece = from.read_buf(&mut buffer).await.map(|_| buffer.freeze());
        let is_last = piece.as_ref().map_or(true, Bytes::is_empty);
        // Fails only if the other end failed, which ends the link.
        let sent = sender.send((Instant::now() + delay, piece)).await;
        if is_last || sent.is_err() {
            return Ok(());
        }
    }
}

async fn write<B: Resets>(mut receiver: Receiver<Piece>, to: &mut WriteHalf<B>) -> io::Result<()> {
    while let Some((due, piece)) = receiver.recv().await {
        sleep_until(due).await;
        let piece = piece?;
        if piece.is_empty() {
            return to.shutdown().await;
        }
        to.write_all(&piece).await?;
    }
    Ok(())
}
