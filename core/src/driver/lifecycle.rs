//! The phases of a connection, from its start to its end.

use super::config::ConnectionConfig;
use super::transport::Transport;
use super::watchdog::{Expired, Watchdog};
use crate::channel::{CloseReason, Shared};
use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::Instant;

pub(super) struct Lifecycle {
    shared: Arc<Shared>,
    phase: Phase,
    /// When draining began.
    draining: Option<Instant>,
    /// Whether the grace period is over: the connection no longer waits for requests in flight.
    grace_over: bool,
    watchdog: Watchdog,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    Open,
    /// Finishing the requests in flight.
    Finishing,
    /// Shutting down this side's output.
    ShuttingDown,
    /// Giving the peer time to read the last responses.
    Lingering,
    /// The connection is closed. Requests may still run.
    Closed,
}

impl Lifecycle {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        let watchdog = Watchdog::default();
        Self { shared, phase: Phase::Open, draining: None, grace_over: false, watchdog }
    }

    /// Begins to drain. Returns false if draining has already begun.
    pub(super) fn drain(&mut self) -> bool {
        if self.draining.is_some() {
            return false;
        }
        self.draining = Some(Instant::now());
        self.phase = self.phase.max(Phase::Finishing);
        true
    }

    pub(super) fn is_draining(&self) -> bool {
        self.draining.is_some()
    }

    pub(super) fn draining_since(&self) -> Option<Instant> {
        self.draining
    }

    /// Waits for the requests in flight, for at most the grace period, and then closes. Keeps an
    /// earlier reason.
    pub(super) fn finish(&mut self, reason: CloseReason, config: &ConnectionConfig) {
        self.shared.set_reason(reason);
        self.phase = self.phase.max(Phase::Finishing);
        self.watchdog.end_within(config.half_close_grace);
    }

    /// Whether frames may still be encoded.
    pub(super) fn may_send(&self) -> bool {
        self.phase <= Phase::Finishing
    }

    /// Whether the grace period of requests in flight has elapsed.
    pub(super) fn grace_is_over(&self) -> bool {
        self.grace_over
    }

    pub(super) fn is_finishing(&self) -> bool {
        self.phase == Phase::Finishing
    }

    /// Begins to shut down this side's output. Called when everything has been sent.
    pub(super) fn shut_down(&mut self, config: &ConnectionConfig) {
        // Without an earlier reason, the connection was drained, which has succeeded only now.
        self.shared.set_reason(CloseReason::Drained);
        self.phase = Phase::ShuttingDown;
        self.watchdog.end = None;
        self.watchdog.end_within(config.linger);
    }

    /// Runs the last phases. Returns `Ready` when the connection is to be closed.
    pub(super) fn poll_closing<Io: AsyncRead + AsyncWrite + Unpin>(
        &mut self,
        cx: &mut Context<'_>,
        transport: &mut Transport<Io>,
        peer_has_ended: bool,
    ) -> Poll<()> {
        if self.phase == Phase::ShuttingDown {
            match transport.poll_shutdown(cx) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Ok(())) => self.phase = Phase::Lingering,
                Poll::Ready(Err(_)) => return Poll::Ready(()),
            }
        }
        let lingering = self.phase == Phase::Lingering;
        if lingering && (peer_has_ended || transport.poll_linger(cx).is_ready()) {
            return Poll::Ready(());
        }
        Poll::Pending
    }

    /// Watches the deadlines of everything that depends on the peer. `reading` says whether the
    /// connection waits for bytes from the peer. Returns the reason to close as an error if the
    /// peer took too long; otherwise whether a timer has fired.
    pub(super) fn poll_watchdog<Io: AsyncRead + AsyncWrite + Unpin>(
        &mut self,
        cx: &mut Context<'_>,
        transport: &Transport<Io>,
        reading: bool,
        config: &ConnectionConfig,
    ) -> Result<bool, CloseReason> {
        let watchdog = &mut self.watchdog;
        let (frame, bytes) = transport.read_progress();
        if bytes > 0 && reading {
            watchdog.read.watch((frame, bytes), config.read_stall);
            watchdog.frame.watch(frame, bytes, config.frame_timeout);
        } else {
            watchdog.read.clear();
            watchdog.frame.clear();
        }
        if transport.is_flushed() {
            watchdog.write.clear();
        } else {
            watchdog.write.watch(transport.bytes_written(), config.write_stall);
        }
        let Poll::Ready(expired) = watchdog.poll(cx) else { return Ok(false) };
        match expired {
            Expired::Read => Err(CloseReason::ReadStalled),
            Expired::Write => Err(CloseReason::WriteStalled),
            // Responses that are ready are still sent, provided that the peer reads them.
            Expired::End if self.phase == Phase::Finishing => {
                self.grace_over = true;
                watchdog.end = None;
                Ok(true)
            }
            // The real reason was set together with the deadline, and is kept.
            Expired::End => Err(CloseReason::Aborted),
        }
    }

    /// Announces that the connection is closed.
    pub(super) fn close(&mut self, reason: CloseReason) {
        self.phase = Phase::Closed;
        self.watchdog = Watchdog::default();
        self.shared.set_gone(reason);
    }

    /// Returns why the connection closed.
    pub(super) fn reason(&self) -> CloseReason {
        self.shared.reason().cloned().unwrap_or(CloseReason::Aborted)
    }
}

impl fmt::Debug for Lifecycle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lifecycle")
            .field("id", &self.shared.id)
            .field("phase", &self.phase)
            .field("draining", &self.draining.is_some())
            .finish_non_exhaustive()
    }
}
