//! Accepting again after errors.

use super::Listener;
use super::errors::is_of_one_connection;
use rocketmq_tower_core::{Addr, ChannelInfo};
use std::future::Future;
use std::io;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, sleep_until};

/// The first wait after an error of the system's.
const FIRST_WAIT: Duration = Duration::from_secs(1);
/// The longest wait.
const LAST_WAIT: Duration = Duration::from_secs(64);
/// So many errors of single connections in a row are taken for an error of the system's.
const MAX_AT_ONCE: u32 = 64;

/// A source of connections that may fail. `accept` must be cancel safe.
pub trait Accept: Send + 'static {
    /// The bytes of a connection.
    type Io: AsyncRead + AsyncWrite + Unpin + Send + 'static;

    /// Waits for the next connection.
    ///
    /// # Errors
    /// If there is none to be had now. The next attempt may succeed.
    fn accept(&mut self) -> impl Future<Output = io::Result<(Self::Io, ChannelInfo)>> + Send;

    /// Where this listens.
    fn local_addr(&self) -> Addr;
}

/// A [`Listener`] that goes on accepting after errors.
///
/// Errors that belong to one connection (it was aborted before it was accepted) are retried at
/// once. Others, such as running out of file descriptors, are retried after 1 s, 2 s, 4 s and so
/// on, up to 64 s; one success ends the series. A connection of the server's that ends frees a
/// descriptor and so ends the wait, but not the series. All are logged. It never gives up, unless
/// [told to](Self::give_up_after).
#[derive(Debug)]
pub struct Retry<A> {
    inner: A,
    wait: Duration,
    /// Kept here, so that a wait goes on when the future that waited was dropped.
    resume_at: Option<Instant>,
    failures: u32,
    failures_at_once: u32,
    max_failures: u32,
    /// The error that it gave up at.
    failure: Option<io::Error>,
}

impl<A> Retry<A> {
    /// Retries `inner` for ever.
    #[must_use]
    pub const fn new(inner: A) -> Self {
        Self {
            inner,
            wait: FIRST_WAIT,
            resume_at: None,
            failures: 0,
            failures_at_once: 0,
            max_failures: u32::MAX,
            failure: None,
        }
    }

    /// Gives up after this many errors in a row (those of single connections do not count), and so
    /// ends the server with [`ServeError::Accept`](crate::server::ServeError::Accept).
    #[must_use]
    pub const fn give_up_after(mut self, errors: u32) -> Self {
        self.max_failures = errors;
        self
    }

    /// The source of connections.
    pub fn get_ref(&self) -> &A {
        &self.inner
    }

    fn succeeded(&mut self) {
        self.wait = FIRST_WAIT;
        self.failures = 0;
        self.failures_at_once = 0;
    }

    /// Takes note of an error, and says whether to go on.
    fn failed(&mut self, error: io::Error) -> bool {
        if is_of_one_connection(&error) && self.failures_at_once < MAX_AT_ONCE {
            self.failures_at_once += 1;
            tracing::debug!(%error, "a connection was lost before it was accepted");
            return true;
        }
        self.failures_at_once = 0;
        self.failures = self.failures.saturating_add(1);
        if self.failures >= self.max_failures {
            tracing::error!(%error, failures = self.failures, "accepting failed, giving up");
            self.failure = Some(error);
            return false;
        }
        tracing::warn!(%error, retry_in = ?self.wait, "accepting failed");
        self.resume_at = Some(Instant::now() + self.wait);
        self.wait = LAST_WAIT.min(self.wait * 2);
        true
    }
}

impl<A: Accept> Listener for Retry<A> {
    type Io = A::Io;

    async fn accept(&mut self) -> Option<(A::Io, ChannelInfo)> {
        loop {
            if let Some(at) = self.resume_at {
                sleep_until(at).await;
                self.resume_at = None;
            }
            match self.inner.accept().await {
                Ok(accepted) => {
                    self.succeeded();
                    return Some(accepted);
                }
                Err(error) => {
                    if !self.failed(error) {
                        return None;
                    }
                }
            }
        }
    }

    fn local_addr(&self) -> Addr {
        self.inner.local_addr()
    }

    /// One attempt per connection that ended: should it fail, the next wait begins.
    fn connection_ended(&mut self) {
        self.resume_at = None;
    }

    fn failure(&mut self) -> Option<io::Error> {
        self.failure.take()
    }
}
