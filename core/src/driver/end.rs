//! The end of a connection, and what brings it about.

use super::watchdog::{Expired, Watchdog};
use super::{Driver, KEPT_QUEUE, Phase};
use crate::command::RemotingCommand;
use crate::connection::{CloseReason, MAIL};
use crate::error::BoxError;
use crate::reply::Reply;
use std::collections::{HashSet, VecDeque};
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite};
use tower_service::Service;

impl<Io, S> Driver<Io, S>
where
    Io: AsyncRead + AsyncWrite + Unpin,
    S: Service<RemotingCommand>,
    S::Response: Reply,
    S::Error: Into<BoxError>,
{
    /// What runs is finished, then the connection ends. The first reason counts.
    pub(super) fn finish_for(&mut self, reason: CloseReason) {
        self.end.shared.set_reason(reason);
        self.phase = self.phase.max(Phase::Finishing);
    }

    /// Ends the connection now, for this reason if there is none yet. Requests run on, their
    /// answers go nowhere.
    pub(super) fn gone(&mut self, reason: CloseReason) {
        self.phase = Phase::Gone;
        self.transport = None;
        // The service may hold, or queue for, permits of a limit that others share.
        self.service = None;
        self.requests = VecDeque::new();
        self.replies = VecDeque::new();
        self.deferred = HashSet::new();
        self.watchdog = Watchdog::default();
        self.end.shared.set_gone(reason);
        // Those who wait for answers ask for the reason.
        self.outgoing = VecDeque::new();
        self.pending.clear();
    }

    /// Whether nothing that must be answered or sent is left.
    fn is_done(&self) -> bool {
        let asked = self.end.shared.inbox.bits() & MAIL != 0;
        if asked || !self.replies.is_empty() {
            return false;
        }
        if self.grace_over {
            return true;
        }
        if !(self.in_flight.is_empty() && self.requests.is_empty()) {
            return false;
        }
        // A peer that ended its side takes answers, but does not wait for those that may come much
        // later.
        self.peer_ended
            || self.deferred.is_empty()
                && self.outgoing.is_empty()
                && self.pending.is_empty()
                && (self.input_ended || self.input_empty)
    }

    /// Goes through the last phases as far as possible.
    pub(super) fn poll_end(&mut self, cx: &mut Context<'_>) {
        let done = self.is_done();
        let Some(transport) = &mut self.transport else { return };
        if self.phase == Phase::Finishing && done && transport.is_flushed() {
            // Unless there is a reason, it was drained: only now, when that has succeeded.
            self.end.shared.set_reason(CloseReason::Drained);
            self.phase = Phase::ShuttingDown;
            self.input_ended = true;
            self.watchdog.end = None;
            self.watchdog.end_within(self.config.linger);
        }
        if self.phase == Phase::ShuttingDown {
            match transport.poll_shutdown(cx) {
                Poll::Pending => return,
                Poll::Ready(Ok(())) => self.phase = Phase::Lingering,
                Poll::Ready(Err(_)) => return self.gone(CloseReason::Aborted),
            }
        }
        let lingering = self.phase == Phase::Lingering;
        if lingering && (self.peer_ended || transport.poll_linger(cx).is_ready()) {
            self.gone(CloseReason::Aborted);
        }
    }

    /// Watches over whatever depends on the peer's doing something; true if a time is over.
    pub(super) fn poll_watchdog(&mut self, cx: &mut Context<'_>) -> bool {
        let reading = self.input_empty && self.may_read() && !self.leaves_unread();
        let Some(transport) = &self.transport else { return false };
        let (frame, bytes) = transport.read_progress();
        if bytes > 0 && reading {
            self.watchdog.read.watch((frame, bytes), self.config.read_stall);
            self.watchdog.frame.watch(frame, bytes, self.config.frame_timeout);
        } else {
            self.watchdog.read.clear();
            self.watchdog.frame.clear();
        }
        if !transport.is_flushed() {
            self.watchdog.write.watch(transport.bytes_written(), self.config.write_stall);
        } else {
            self.watchdog.write.clear();
        }
        let Poll::Ready(expired) = self.watchdog.poll(cx) else { return false };
        match expired {
            Expired::Read => self.gone(CloseReason::ReadStalled),
            Expired::Write => self.gone(CloseReason::WriteStalled),
            // What is answered already still goes out, as long as the peer takes it.
            Expired::End if self.phase == Phase::Finishing => {
                self.grace_over = true;
                self.watchdog.end = None;
            }
            // The reason is known since the end was set.
            Expired::End => self.gone(CloseReason::Aborted),
        }
        true
    }

    /// Gives memory back when nothing is under way.
    pub(super) fn release_idle(&mut self) {
        if !self.in_flight.is_empty() || !self.pending.is_empty() {
            return;
        }
        self.in_flight.shrink();
        if let Some(transport) = &mut self.transport {
            transport.release_buffers();
        }
        for queue in [&mut self.requests, &mut self.replies] {
            if queue.is_empty() && queue.capacity() > KEPT_QUEUE {
                *queue = VecDeque::new();
            }
        }
        if self.outgoing.is_empty() && self.outgoing.capacity() > KEPT_QUEUE {
            self.outgoing = VecDeque::new();
        }
        if self.deferred.is_empty() && self.deferred.capacity() > KEPT_QUEUE {
            self.deferred = HashSet::new();
        }
    }
}
