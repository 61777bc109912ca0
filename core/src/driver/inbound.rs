//! Frames from the peer: when to read, and requests that wait for the service.

use super::config::{ConnectionConfig, Role};
use super::lifecycle::Lifecycle;
use super::outbound::Outbound;
use super::release;
use super::transport::Transport;
use crate::codec::BoxedError;
use crate::command::{MqVersion, RemotingCommand, ResponseCode};
use std::collections::VecDeque;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite};

/// The reading side of a connection.
#[derive(Debug)]
pub(super) struct Inbound {
    role: Role,
    input: Input,
    /// Requests that were read and not handed to the service yet, with the lengths of their frames.
    requests: VecDeque<(RemotingCommand, usize)>,
    /// The sum of these lengths.
    bytes: usize,
    /// The version in the peer's last request.
    peer_version: Option<MqVersion>,
    /// Whether the peer has sent a request that wants a response.
    has_asked: bool,
    /// Whether the peer has answered a call with `GO_AWAY`.
    is_leaving: bool,
}

/// The state of the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Input {
    /// There may be more to read.
    Readable,
    /// The last attempt to read returned `Pending`.
    Empty,
    /// All buffered frames were read, and further input stays unread: see
    /// [`leaves_unread`](Inbound::leaves_unread).
    Unread,
    /// This side has stopped reading for good.
    Ended,
    /// The peer has closed its side.
    PeerEnded,
}

impl Inbound {
    pub(super) fn new(role: Role) -> Self {
        Self {
            role,
            input: Input::Readable,
            requests: VecDeque::new(),
            bytes: 0,
            peer_version: None,
            has_asked: false,
            is_leaving: false,
        }
    }

    /// Whether a frame may be read now. False while there is no room for a request or a response
    /// that the frame may lead to.
    pub(super) fn may_read<Io: AsyncRead + AsyncWrite + Unpin>(
        &self,
        transport: &Transport<Io>,
        outbound: &Outbound,
        config: &ConnectionConfig,
    ) -> bool {
        if self.has_ended() {
            return false;
        }
        match self.role {
            Role::Client => true,
            // Not even to receive responses: the peer has to read our output first.
            Role::Server if !transport.is_writable() || outbound.has_responses() => false,
            Role::Server => !self.is_full(config) || self.must_read(outbound),
        }
    }

    /// Whether to read even if there is no room for further requests.
    pub(super) fn must_read(&self, outbound: &Outbound) -> bool {
        // Requests in flight may wait for responses that arrive behind unread requests.
        self.role == Role::Client || outbound.awaits_responses()
    }

    /// Queues a request whose frame has this length.
    pub(super) fn push(&mut self, request: RemotingCommand, bytes: usize) {
        self.bytes += bytes;
        self.requests.push_back((request, bytes));
    }

    /// Takes the next request that waits for the service, with the length of its frame.
    pub(super) fn pop(&mut self) -> Option<(RemotingCommand, usize)> {
        let (request, bytes) = self.requests.pop_front()?;
        self.bytes -= bytes;
        Some((request, bytes))
    }

    /// Whether requests wait for the service.
    pub(super) fn has_requests(&self) -> bool {
        !self.requests.is_empty()
    }

    /// Returns the number of requests that wait for the service.
    pub(super) fn queued(&self) -> usize {
        self.requests.len()
    }

    /// Returns the number of bytes of the requests that wait for the service.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether no further request can be queued.
    #[inline]
    pub(super) fn is_full(&self, config: &ConnectionConfig) -> bool {
        // At least one: readiness is polled only while a request is queued.
        self.requests.len() >= config.max_queued_requests.max(1)
    }

    /// Whether to read only frames that are already buffered. True while the connection is drained,
    /// if the peer's version does not support `GO_AWAY`, or once the time in which requests are
    /// [sent away](Self::expects_requests) is over. False while calls wait for responses.
    #[inline]
    pub(super) fn leaves_unread(&self, lifecycle: &Lifecycle, outbound: &Outbound) -> bool {
        lifecycle.is_draining()
            && !outbound.awaits_responses()
            && (self.is_too_old() || lifecycle.farewell_is_over())
    }

    /// Whether the peer's version does not support `GO_AWAY`. False if the version is unknown.
    fn is_too_old(&self) -> bool {
        self.peer_version.is_some_and(|version| !version.knows_go_away())
    }

    /// Whether requests may be on their way that `GO_AWAY` can answer, so that the peer may send
    /// them again elsewhere. If the connection ended first, they would be lost: the peer cannot
    /// know that they were not processed.
    pub(super) fn expects_requests(&self) -> bool {
        if self.has_ended() || self.is_too_old() {
            return false;
        }
        match self.role {
            Role::Server => true,
            // Most servers never ask, and one that drains the connection as well asks no more.
            Role::Client => self.has_asked && !self.is_leaving,
        }
    }

    /// Reads the next frame. Returns `Ready(None)` if the peer has closed its side.
    pub(super) fn poll_frame<Io: AsyncRead + AsyncWrite + Unpin>(
        &mut self,
        cx: &mut Context<'_>,
        transport: &mut Transport<Io>,
        leave_unread: bool,
    ) -> Poll<Option<Result<RemotingCommand, BoxedError>>> {
        let (frame, when_pending) = if leave_unread {
            (self.poll_buffered(cx, transport), Input::Unread)
        } else {
            (transport.poll_read(cx), Input::Empty)
        };
        let is_readable = frame.is_ready() || !leave_unread && transport.has_more();
        self.input = if is_readable { Input::Readable } else { when_pending };
        frame
    }

    /// Takes a frame from the buffer. If there is none, watches for the peer closing its side.
    fn poll_buffered<Io: AsyncRead + AsyncWrite + Unpin>(
        &mut self,
        cx: &mut Context<'_>,
        transport: &mut Transport<Io>,
    ) -> Poll<Option<Result<RemotingCommand, BoxedError>>> {
        if self.input != Input::Unread {
            if let Some(frame) = transport.next_buffered() {
                return Poll::Ready(Some(frame));
            }
        }
        transport.poll_unread_end(cx).map(|()| None)
    }

    /// Records the peer's version, which every request carries. A peer that was too old while the
    /// connection is drained remains so: requests of alternating versions cannot put off the end.
    #[inline]
    pub(super) fn saw_request(&mut self, request: &RemotingCommand, draining: bool) {
        self.has_asked |= !request.is_oneway();
        if !(draining && self.is_too_old()) {
            self.peer_version = Some(request.version());
        }
    }

    /// Records a response that may send this side away.
    #[inline]
    pub(super) fn saw_response(&mut self, response: &RemotingCommand) {
        self.is_leaving |= response.response_code() == ResponseCode::GO_AWAY;
    }

    /// Makes the next poll read again, even if the last one found nothing.
    pub(super) fn look_again(&mut self) {
        if !self.has_ended() {
            self.input = Input::Readable;
        }
    }

    /// Stops reading for good. `by_peer` says whether the peer has closed its side.
    pub(super) fn end(&mut self, by_peer: bool) {
        if by_peer {
            self.input = Input::PeerEnded;
        } else if !self.peer_has_ended() {
            self.input = Input::Ended;
        }
    }

    pub(super) fn has_ended(&self) -> bool {
        matches!(self.input, Input::Ended | Input::PeerEnded)
    }

    pub(super) fn peer_has_ended(&self) -> bool {
        self.input == Input::PeerEnded
    }

    /// Whether the last attempt to read found nothing.
    pub(super) fn is_empty(&self) -> bool {
        self.input == Input::Empty
    }

    /// Whether there is nothing to read, as far as is known.
    pub(super) fn is_exhausted(&self) -> bool {
        self.input != Input::Readable
    }

    pub(super) fn close(&mut self) {
        self.requests = VecDeque::new();
        self.bytes = 0;
    }

    pub(super) fn release_memory(&mut self) {
        release(&mut self.requests);
    }
}
