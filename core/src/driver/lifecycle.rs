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
    draining: bool,
    farewell: Farewell,
    /// Whether the grace period is over: the connection no longer waits for requests in flight.
    grace_over: bool,
    watchdog: Watchdog,
}

/// The time that a drained connection gives the peer to send requests and be sent away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Farewell {
    /// Begins when the requests that are running are answered: a peer that waits for the response
    /// sends its next request after it.
    Ahead,
    /// The peer was not sent away yet.
    Running,
    /// The first request was sent away.
    Last,
    Over,
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
        Self {
            shared,
            phase: Phase::Open,
            draining: false,
            farewell: Farewell::Ahead,
            grace_over: false,
            watchdog,
        }
    }

    /// Begins to drain. Returns false if draining has already begun.
    pub(super) fn drain(&mut self) -> bool {
        if self.draining {
            return false;
        }
        self.draining = true;
        self.phase = self.phase.max(Phase::Finishing);
        true
    }

    pub(super) fn is_draining(&self) -> bool {
        self.draining
    }

    /// Returns why the connection is drained.
    pub(super) fn reason_of_drain(&self) -> CloseReason {
        self.shared.reason().cloned().unwrap_or(CloseReason::Drained)
    }

    /// Records whether requests of the peer are running. The farewell begins when none is.
    pub(super) fn watch_farewell(&mut self, works: bool, config: &ConnectionConfig) {
        match self.farewell {
            Farewell::Over => {}
            _ if works => {
                self.farewell = Farewell::Ahead;
                self.watchdog.farewell = None;
            }
            Farewell::Ahead => {
                self.farewell = Farewell::Running;
                self.watchdog.farewell_within(config.linger);
            }
            Farewell::Running | Farewell::Last => {}
        }
    }

    /// Records that a request was sent away. After the first one, the farewell begins again: the
    /// peer has sent further requests before it can know, and needs the time to learn it.
    pub(super) fn sent_away(&mut self, config: &ConnectionConfig) {
        if self.farewell == Farewell::Running {
            self.farewell = Farewell::Last;
            self.watchdog.farewell_within(config.linger);
        }
    }

    /// Whether the peer has had its time to be sent away.
    pub(super) fn farewell_is_over(&self) -> bool {
        self.farewell == Farewell::Over
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
        self.watchdog.farewell = None;
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
    /// connection waits for bytes from the peer, `turn` when it must have read its frame, if it has
    /// the [turn](super::ByteBudget), and `quiet` when it gives up what is reserved for it. Returns
    /// the reason to close as an error if the peer took too long; otherwise whether a timer has fired.
    pub(super) fn poll_watchdog<Io: AsyncRead + AsyncWrite + Unpin>(
        &mut self,
        cx: &mut Context<'_>,
        transport: &Transport<Io>,
        reading: bool,
        (turn, quiet): (Option<Instant>, Option<Instant>),
        config: &ConnectionConfig,
    ) -> Result<bool, CloseReason> {
        let watchdog = &mut self.watchdog;
        self.shared.silence.hear(transport.heard());
        let (frame, bytes) = transport.read_progress();
        if bytes > 0 && reading {
            watchdog.read.watch((frame, bytes), config.read_stall);
            watchdog.frame.watch(frame, bytes, config.frame_timeout);
        } else {
            watchdog.read.clear();
            watchdog.frame.clear();
        }
        (watchdog.turn, watchdog.quiet) = (turn, quiet);
        if transport.is_flushed() {
            watchdog.write.clear();
        } else {
            watchdog.write.watch(transport.bytes_written(), config.write_stall);
        }
        let Poll::Ready(expired) = watchdog.poll(cx) else { return Ok(false) };
        match expired {
            Expired::Read => Err(CloseReason::ReadStalled),
            Expired::Write => Err(CloseReason::WriteStalled),
            Expired::Quiet => Ok(true),
            Expired::Farewell => {
                self.farewell = Farewell::Over;
                watchdog.farewell = None;
                Ok(true)
            }
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
            .field("draining", &self.draining)
            .finish_non_exhaustive()
    }
}
