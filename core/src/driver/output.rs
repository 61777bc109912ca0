//! To the peer.

use super::requests::failure;
use super::transport::Transport;
use super::{Driver, Outgoing, Phase};
use crate::codec::EncodeError;
use crate::command::RemotingCommand;
use crate::connection::{Call, CallError, CloseReason, Stamp};
use crate::error::{BoxError, chain_text};
use crate::reply::Reply;
use std::sync::Arc;
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
    /// Encodes the answers that wait, as long as little enough is unwritten.
    pub(super) fn poll_replies(&mut self, cx: &mut Context<'_>) -> bool {
        let mut moved = false;
        while !self.replies.is_empty() && self.poll_writable(cx) {
            if let Some(reply) = self.replies.pop_front() {
                self.encode_reply(reply);
            }
            moved = true;
        }
        moved
    }

    /// Encodes what this side wants to send, behind the answers.
    pub(super) fn poll_outgoing(&mut self, cx: &mut Context<'_>) -> bool {
        let mut moved = false;
        while !self.outgoing.is_empty() && self.replies.is_empty() && self.poll_writable(cx) {
            if let Some(outgoing) = self.outgoing.pop_front() {
                self.encode_outgoing(outgoing);
            }
            moved = true;
        }
        moved
    }

    /// Whether more may be encoded; not after the end of this side's half.
    fn poll_writable(&mut self, cx: &mut Context<'_>) -> bool {
        if self.phase > Phase::Finishing {
            return false;
        }
        let Some(transport) = &mut self.transport else { return false };
        match transport.poll_writable(cx) {
            Poll::Pending => false,
            Poll::Ready(Ok(())) => true,
            Poll::Ready(Err(error)) => {
                self.gone(CloseReason::Io(Arc::new(error)));
                false
            }
        }
    }

    /// Whether more may be encoded.
    pub(super) fn is_writable(&self) -> bool {
        self.transport.as_ref().is_some_and(Transport::is_writable)
    }

    /// Encodes an answer at once if none waits before it and there is room.
    pub(super) fn send_reply(&mut self, reply: RemotingCommand) {
        if self.is_writable() && self.replies.is_empty() && self.phase <= Phase::Finishing {
            self.encode_reply(reply);
        } else {
            self.replies.push_back(reply);
        }
    }

    /// Takes what this side wants to send, if it may still be sent, and answered. A waiter that is
    /// dropped sees that the connection is closed.
    pub(super) fn take_call(&mut self, outgoing: Outgoing) {
        if self.phase > Phase::Finishing {
            return;
        }
        // While it is drained, whoever works for the peer may call.
        let idle = self.in_flight.is_empty() && self.requests.is_empty();
        match outgoing {
            Outgoing::Call(_) if self.input_ended => {}
            Outgoing::Call(call) if self.draining.is_some() && idle && self.deferred.is_empty() => {
                call.waiter.fail(CallError::NotSent(CloseReason::Drained));
            }
            outgoing => self.outgoing.push_back(outgoing),
        }
    }

    /// A caller gave up. What was not sent is looked for only when so many gave up that it is worth
    /// the while.
    pub(super) fn cancel(&mut self, number: u32) {
        if self.pending.remove(number).is_some() {
            return;
        }
        self.given_up += 1;
        if self.given_up * 2 >= self.outgoing.len() {
            self.outgoing.retain(|outgoing| !outgoing.is_given_up());
            self.given_up = 0;
        }
    }

    /// The peer will send no answer any more.
    pub(super) fn fail_calls(&mut self) {
        self.pending.clear();
        self.outgoing.retain(|outgoing| matches!(outgoing, Outgoing::Oneway(_)));
    }

    fn encode_reply(&mut self, reply: RemotingCommand) {
        let Some(transport) = &mut self.transport else { return };
        let Err(error) = transport.encode(&reply) else { return };
        tracing::warn!(peer = %self.channel.peer_addr(), %error, "an answer can't be sent");
        // The peer is told instead of left to wait.
        let mut instead = failure(chain_text(&error));
        Stamp::of(&reply).put_on(&mut instead);
        if transport.encode(&instead).is_err() {
            self.gone(CloseReason::Io(Arc::new(std::io::Error::other(error))));
        }
    }

    fn encode_outgoing(&mut self, outgoing: Outgoing) {
        let Some(transport) = &mut self.transport else { return };
        match outgoing {
            outgoing if outgoing.is_given_up() => {}
            Outgoing::Oneway(mut oneway) => {
                oneway.command.opaque = oneway.number as i32;
                match transport.encode(&oneway.command) {
                    Ok(()) => oneway.written(),
                    Err(error) => oneway.failed(error),
                }
            }
            Outgoing::Call(Call { number, mut command, waiter }) => {
                command.opaque = number as i32;
                if let Err(waiter) = self.pending.insert(number, waiter.sent()) {
                    // 2^32 calls later, an old one still waits under this number.
                    waiter.fail(CallError::Full);
                } else if let Err(error) = transport.encode(&command) {
                    self.call_failed(number, error);
                }
            }
        }
    }

    fn call_failed(&mut self, number: u32, error: EncodeError) {
        if let Some(waiter) = self.pending.remove(number) {
            waiter.fail(CallError::Encode(Arc::new(error)));
        }
    }

    /// Writes all that is encoded.
    pub(super) fn poll_flush(&mut self, cx: &mut Context<'_>) {
        if let Some(transport) = &mut self.transport {
            if let Poll::Ready(Err(error)) = transport.poll_flush(cx) {
                self.gone(CloseReason::Io(Arc::new(error)));
            }
        }
    }
}
