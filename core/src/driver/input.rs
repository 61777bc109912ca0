//! From the wire: frames, and what of them is read when.

use super::{Driver, Role};
use crate::codec::DecodeError;
use crate::command::RemotingCommand;
use crate::connection::CloseReason;
use crate::error::BoxError;
use crate::reply::Reply;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite};
use tower_service::Service;

/// How many frames are read before answers get their turn.
const FRAMES_PER_ROUND: usize = 32;

impl<Io, S> Driver<Io, S>
where
    Io: AsyncRead + AsyncWrite + Unpin,
    S: Service<RemotingCommand>,
    S::Response: Reply,
    S::Error: Into<BoxError>,
{
    /// Reads frames while there is room for what they may cause.
    pub(super) fn poll_input(&mut self, cx: &mut Context<'_>) -> bool {
        for turn in 0..FRAMES_PER_ROUND {
            if !self.may_read() {
                return turn > 0;
            }
            match self.poll_frame(cx) {
                Poll::Pending => {
                    self.input_empty = true;
                    return turn > 0;
                }
                Poll::Ready(frame) => {
                    self.input_empty = false;
                    self.take_frame(cx, frame);
                }
            }
        }
        true
    }

    pub(super) fn may_read(&self) -> bool {
        let Some(transport) = &self.transport else { return false };
        if self.input_ended {
            return false;
        }
        match self.config.role {
            Role::Client => true,
            // Not even answers are read then: the peer that does not read must first do so.
            Role::Server if !transport.is_writable() || !self.replies.is_empty() => false,
            // The requests that run may wait for answers that come behind those that were not read
            // yet.
            Role::Server => {
                self.requests.len() < self.max_queued_requests() || !self.pending.is_empty()
            }
        }
    }

    /// At least the one request in hand that readiness is asked for with.
    pub(super) fn max_queued_requests(&self) -> usize {
        self.config.max_queued_requests.max(1)
    }

    fn poll_frame(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<RemotingCommand, DecodeError>>> {
        let leave = self.leaves_unread();
        let Some(transport) = &mut self.transport else { return Poll::Pending };
        if !leave {
            self.left_unread = false;
            return transport.poll_read(cx);
        }
        if !self.left_unread {
            if let Some(frame) = transport.next_buffered() {
                return Poll::Ready(Some(frame));
            }
            self.left_unread = true;
        }
        transport.poll_unread_end(cx).map(|()| None)
    }

    /// Whether nothing is read but what came already: the connection is being drained, and the peer
    /// would take no refusal, or has been refused for long enough. Answers of the peer that
    /// somebody waits for are read all the same.
    pub(super) fn leaves_unread(&self) -> bool {
        self.pending.is_empty()
            && self.draining.is_some_and(|since| {
                self.peer_version.is_some_and(|version| !version.knows_go_away())
                    || since.elapsed() > self.config.linger
            })
    }

    fn take_frame(
        &mut self,
        cx: &mut Context<'_>,
        frame: Option<Result<RemotingCommand, DecodeError>>,
    ) {
        match frame {
            Some(Ok(command)) if command.is_response() => self.take_response(command),
            Some(Ok(command)) => self.take_request(cx, command),
            Some(Err(DecodeError::Io(error))) => self.gone(CloseReason::Io(Arc::new(error))),
            Some(Err(error)) => {
                self.peer_ended = matches!(error, DecodeError::EndInFrame { .. });
                self.end_input(CloseReason::Protocol(Arc::new(error)));
            }
            None => {
                self.peer_ended = true;
                self.end_input(CloseReason::PeerClosed);
            }
        }
    }

    /// Nothing more comes from the peer: its answers neither.
    pub(super) fn end_input(&mut self, reason: CloseReason) {
        self.input_ended = true;
        self.finish_for(reason);
        self.watchdog.end_within(self.config.half_close_grace);
        self.fail_calls();
    }

    fn take_response(&mut self, response: RemotingCommand) {
        match self.pending.remove(response.opaque() as u32) {
            Some(waiter) => waiter.answer(response),
            None => tracing::debug!(opaque = response.opaque(), "an answer that nobody waits for"),
        }
    }
}
