//! Closes connections whose peers send nothing.
//!
//! # What
//!
//! [`ReadIdleTimeout`] wraps the byte stream of each connection. If nothing was read for the given
//! time, it closes the connection with
//! [`CloseReason::ReadIdle`](rocketmq_tower_core::CloseReason::ReadIdle), whatever was written
//! meanwhile. Requests that still run are finished, but their responses are dropped.
//!
//! Only time in which the driver waits for bytes counts. While it does not read, because its queues
//! are full or the peer takes no output, bytes may wait unread, and the peer is not to blame.
//!
//! # Why
//!
//! [`idle_timeout`](crate::idle_timeout) counts bytes in both directions: a server that pushes to a
//! peer that hangs keeps that connection for ever, as long as the peer's system takes the bytes.
//! RocketMQ's clients send a heartbeat every 30 s, so two minutes of silence mean that one hangs.
//!
//! # When not
//!
//! If peers only listen, such as consumers of pushes without heartbeats. A peer that waits for a
//! response is silent, too: the limit must be longer than requests are held, as with long polls. That
//! is why the limit is off by default. On a client it suits servers that push regularly.
//!
//! A peer that leaves calls unanswered is noticed without this layer: see
//! [`answer_stall`](rocketmq_tower_core::driver::ConnectionConfig::answer_stall).
//!
//! # Where
//!
//! Innermost at the connection level, with the idle timeout, right around the driver: inside of `tls`,
//! whose handshake does not count. Servers and clients have a place for it:
//!
//! ```
//! use rocketmq_tower::{BoxError, Router, Server};
//! use std::time::Duration;
//!
//! async fn serve(router: Router) -> Result<(), BoxError> {
//!     let server = Server::new(router)
//!         .read_idle_timeout(Duration::from_secs(120))
//!         .bind("0.0.0.0:10911")
//!         .await?;
//!     server.serve().await?;
//!     Ok(())
//! }
//! ```
//!
//! # How it differs from Java
//!
//! Java's remoting has no such limit; it corresponds to Netty's `READER_IDLE`.
//!
//! # Cost
//!
//! One timer and one small allocation for each connection; each time the connection has been read
//! empty, the time is taken. Switched off, a comparison for each read and write.

use crate::support::inner::inner_service;
use crate::support::observed::{ObservedIo, Observer};
use pin_project_lite::pin_project;
use rocketmq_tower_core::{Channel, CloseReason, Connection, Disconnect};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::{Instant, Sleep, sleep};
use tower_layer::Layer;
use tower_service::Service;

/// Closes connections whose peers send nothing. See the [module's documentation](self).
#[derive(Clone, Copy, Debug)]
pub struct ReadIdleTimeoutLayer {
    limit: Duration,
}

impl ReadIdleTimeoutLayer {
    /// Closes connections on which nothing was read for `limit`. `Duration::ZERO` closes every
    /// connection at once, and `Duration::MAX` disables the timeout.
    #[must_use]
    pub const fn new(limit: Duration) -> Self {
        Self { limit }
    }
}

impl<S> Layer<S> for ReadIdleTimeoutLayer {
    type Service = ReadIdleTimeout<S>;

    fn layer(&self, inner: S) -> Self::Service {
        ReadIdleTimeout { inner, limit: self.limit }
    }
}

/// Closes connections whose peers send nothing. See the [module's documentation](self).
#[derive(Clone, Debug)]
pub struct ReadIdleTimeout<S> {
    inner: S,
    limit: Duration,
}

impl<S> ReadIdleTimeout<S> {
    inner_service!();
}

impl<Io, S> Service<Connection<Io>> for ReadIdleTimeout<S>
where
    S: Service<Connection<ReadIdleIo<Io>>, Response = Disconnect>,
{
    type Response = Disconnect;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, connection: Connection<Io>) -> Self::Future {
        let watch = (self.limit != Duration::MAX).then(|| Watch {
            channel: connection.channel(),
            timer: Box::pin(sleep(self.limit)),
            reading: Arc::new(Reading::new()),
            limit: self.limit,
        });
        let noting = Noting(watch.as_ref().map(|watch| Arc::clone(&watch.reading)));
        let inner = self.inner.call(connection.map_io(|io| ReadIdleIo::new(io, noting)));
        ResponseFuture { inner, watch }
    }
}

/// Byte stream of a connection that records since when it waits for bytes. `get_ref`, `get_mut` and
/// `into_inner` give access to the inner byte stream.
pub type ReadIdleIo<Io> = ObservedIo<Io, Noting>;

/// Records what the reads of a connection find; nothing if the timeout is disabled.
#[derive(Debug)]
pub struct Noting(Option<Arc<Reading>>);

/// Records what the reads of a connection found. Used in one task; atomic to be `Sync`.
#[derive(Debug)]
struct Reading {
    start: Instant,
    /// Since when reads find nothing, in nanoseconds after `start`. `NOT_WAITING` if the last one
    /// found bytes.
    waiting: AtomicU64,
    /// Whether the last write found the peer's buffers full: then the driver may not be reading.
    is_blocked: AtomicBool,
}

const NOT_WAITING: u64 = u64::MAX;

impl Reading {
    fn new() -> Self {
        let (waiting, is_blocked) = (AtomicU64::new(0), AtomicBool::new(false));
        Self { start: Instant::now(), waiting, is_blocked }
    }

    /// Returns since when the driver waits for bytes; `None` if it does not.
    fn waiting_since(&self) -> Option<Instant> {
        let waiting = self.waiting.load(Ordering::Relaxed);
        let waits = waiting != NOT_WAITING && !self.is_blocked.load(Ordering::Relaxed);
        waits.then(|| self.start + Duration::from_nanos(waiting))
    }
}

impl Observer for Noting {
    fn read(&mut self, bytes: usize) {
        if let Some(reading) = self.0.as_ref().filter(|_| bytes > 0) {
            reading.waiting.store(NOT_WAITING, Ordering::Relaxed);
        }
    }

    fn read_pending(&mut self) {
        let Some(reading) = &self.0 else { return };
        if reading.waiting.load(Ordering::Relaxed) == NOT_WAITING {
            let now = reading.start.elapsed().as_nanos() as u64;
            reading.waiting.store(now, Ordering::Relaxed);
        }
    }

    fn wrote(&mut self, _bytes: usize) {
        if let Some(reading) = &self.0 {
            reading.is_blocked.store(false, Ordering::Relaxed);
        }
    }

    fn write_pending(&mut self) {
        if let Some(reading) = &self.0 {
            reading.is_blocked.store(true, Ordering::Relaxed);
        }
    }
}

pin_project! {
    /// Future of a connection that is closed when its peer sends nothing.
    #[derive(Debug)]
    pub struct ResponseFuture<F> {
        #[pin]
        inner: F,
        // `None` if the timeout is disabled, and when the connection was closed.
        watch: Option<Watch>,
    }
}

/// Closes the connection when it is due. The timer is not reset with every byte: when it fires, the
/// rest of the limit is waited for.
#[derive(Debug)]
struct Watch {
    channel: Channel,
    timer: Pin<Box<Sleep>>,
    reading: Arc<Reading>,
    limit: Duration,
}

impl Watch {
    /// Returns whether the peer has been silent for too long.
    fn poll_due(&mut self, cx: &mut Context<'_>) -> bool {
        while self.timer.as_mut().poll(cx).is_ready() {
            let now = Instant::now();
            match self.reading.waiting_since().unwrap_or(now).checked_add(self.limit) {
                Some(due) if due > now => self.timer.as_mut().reset(due),
                _ => return true,
            }
        }
        false
    }
}

impl<F, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<Disconnect, E>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        if let Poll::Ready(end) = this.inner.poll(cx) {
            return Poll::Ready(end);
        }
        if this.watch.as_mut().is_some_and(|watch| watch.poll_due(cx)) {
            if let Some(watch) = this.watch.take() {
                // Wakes the driver, which runs in this same task.
                watch.channel.close_with(CloseReason::ReadIdle);
            }
        }
        Poll::Pending
    }
}
