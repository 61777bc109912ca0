//! Accepting again after errors.

use super::errors::is_of_one_connection;
use super::{Accept, Listener};
use rocketmq_tower_core::{Addr, ChannelInfo};
use std::io;
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// The first wait after an error of the system.
const FIRST_WAIT: Duration = Duration::from_secs(1);
/// The longest wait.
const LAST_WAIT: Duration = Duration::from_secs(64);
/// After this many errors of single connections in a row, the next counts as an error of the
/// system.
const MAX_AT_ONCE: u32 = 64;

/// A [`Listener`] that keeps accepting after errors.
///
/// After an error of a single connection, which was aborted before it was accepted, it retries at
/// once. After an error of the system, such as having no file descriptors left, it retries after 1
/// s, 2 s, 4 s and so on, up to 64 s; one success ends the series. When a connection of the server
/// ends, it frees a descriptor, so the current wait ends, but not the series. All errors are
/// logged. It retries for ever, unless [`give_up_after`](Self::give_up_after) is set.
#[derive(Debug)]
pub struct Retry<A> {
    inner: A,
    wait: Duration,
    /// Stored here, so that a wait continues after its future was dropped.
    resume_at: Option<Instant>,
    failures: u32,
    failures_at_once: u32,
    max_failures: u32,
    /// The error after which it gave up.
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

    /// Gives up after this many errors of the system in a row, which ends the server with
    /// [`ServeError::Accept`](crate::server::ServeError::Accept).
    #[must_use]
    pub const fn give_up_after(mut self, errors: u32) -> Self {
        self.max_failures = errors;
        self
    }

    /// Returns the source of connections.
    pub fn get_ref(&self) -> &A {
        &self.inner
    }

    fn succeeded(&mut self) {
        self.wait = FIRST_WAIT;
        self.failures = 0;
        self.failures_at_once = 0;
    }

    /// Records an error, and returns whether to retry.
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

    /// Goes on after errors of single connections. After one of the system it gives up: there is no
    /// time to wait.
    fn accept_queued(&mut self) -> Option<(A::Io, ChannelInfo)> {
        for _ in 0..MAX_AT_ONCE {
            match self.inner.accept_queued() {
                Ok(accepted) => return accepted,
                Err(error) if is_of_one_connection(&error) => {
                    tracing::debug!(%error, "a connection was lost before it was accepted");
                }
                Err(error) => {
                    tracing::warn!(%error, "connections that wait to be accepted are lost");
                    break;
                }
            }
        }
        None
    }

    fn local_addr(&self) -> Addr {
        self.inner.local_addr()
    }

    /// Allows one attempt for each connection that ended; if it fails, the next wait begins.
    fn connection_ended(&mut self) {
        self.resume_at = None;
    }

    fn failure(&mut self) -> Option<io::Error> {
        self.failure.take()
    }
}
