//! Frames to the peer: responses first, then this side's calls and oneway requests.

use super::config::ConnectionConfig;
use super::own_responses::system_error;
use super::pending::Pending;
use super::release;
use super::transport::Transport;
use crate::channel::{CloseReason, GivenUp, OutgoingRequest, Stamp};
use crate::codec::EncodeError;
use crate::command::RemotingCommand;
use crate::error::chain_text;
use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite};

/// Responses with a shorter body are queued whatever the number of bytes that wait.
const LARGE: usize = 1024;

const NO_ROOM: &str = "the response was dropped, as the connection has no room for it";

/// The writing side of a connection.
#[derive(Debug)]
pub(super) struct Outbound {
    /// Responses that are not encoded yet.
    responses: VecDeque<RemotingCommand>,
    /// The bytes of their bodies, in sum, and at most about this many.
    bytes: usize,
    max_bytes: usize,
    /// Calls and oneway requests that are not encoded yet.
    requests: VecDeque<OutgoingRequest>,
    /// Upper bound on the number of `requests` that their callers have abandoned.
    abandoned: usize,
    /// Calls that wait for their responses.
    pending: Pending<SentCall>,
}

#[derive(Debug)]
struct SentCall {
    request: OutgoingRequest,
    /// The mark of what had been heard from the peer by then.
    heard: u64,
}

impl Outbound {
    pub(super) fn new(config: &ConnectionConfig) -> Self {
        Self {
            responses: VecDeque::new(),
            bytes: 0,
            max_bytes: config.max_held_bytes,
            requests: VecDeque::new(),
            abandoned: 0,
            pending: Pending::new(),
        }
    }

    /// Returns the number of responses that wait to be encoded.
    pub(super) fn unsent_responses(&self) -> usize {
        self.responses.len()
    }

    pub(super) fn has_responses(&self) -> bool {
        !self.responses.is_empty()
    }

    /// Whether calls wait for responses from the peer.
    pub(super) fn awaits_responses(&self) -> bool {
        !self.pending.is_empty()
    }

    /// Whether no request of this side is unsent or waits for its response.
    pub(super) fn has_no_calls(&self) -> bool {
        self.requests.is_empty() && self.pending.is_empty()
    }

    /// Returns the number of bytes of the bodies of responses that wait to be encoded.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Queues a response. If too many bytes are queued already, queues an error in place of a
    /// response with a body.
    pub(super) fn push_response(&mut self, mut response: RemotingCommand) {
        let bytes = self.bytes + response.body().len();
        if bytes > self.max_bytes && self.bytes > 0 && response.body().len() >= LARGE {
            response = no_room(&response, self.bytes);
        }
        self.bytes += response.body().len();
        self.responses.push_back(response);
    }

    /// Encodes a response at once if no other is queued and there is room; otherwise queues it.
    #[inline]
    pub(super) fn send_response<Io: AsyncRead + AsyncWrite + Unpin>(
        &mut self,
        transport: &mut Transport<Io>,
        response: RemotingCommand,
    ) -> Result<(), CloseReason> {
        if self.responses.is_empty() && transport.is_writable() {
            encode_response(transport, &response)
        } else {
            self.push_response(response);
            Ok(())
        }
    }

    /// Encodes queued responses while there is room. Returns whether it encoded any.
    pub(super) fn poll_responses<Io: AsyncRead + AsyncWrite + Unpin>(
        &mut self,
        cx: &mut Context<'_>,
        transport: &mut Transport<Io>,
    ) -> Result<bool, CloseReason> {
        let mut moved = false;
        while !self.responses.is_empty() && poll_writable(cx, transport)? {
            if let Some(response) = self.responses.pop_front() {
                self.bytes -= response.body().len();
                encode_response(transport, &response)?;
            }
            moved = true;
        }
        Ok(moved)
    }

    /// Encodes this side's requests while there is room and no response is queued. Returns whether
    /// it took any from the queue.
    pub(super) fn poll_requests<Io: AsyncRead + AsyncWrite + Unpin>(
        &mut self,
        cx: &mut Context<'_>,
        transport: &mut Transport<Io>,
    ) -> Result<bool, CloseReason> {
        let mut moved = false;
        while !self.requests.is_empty()
            && self.responses.is_empty()
            && poll_writable(cx, transport)?
        {
            if let Some(request) = self.requests.pop_front() {
                self.encode_request(transport, request);
            }
            moved = true;
        }
        Ok(moved)
    }

    fn encode_request<Io: AsyncRead + AsyncWrite + Unpin>(
        &mut self,
        transport: &mut Transport<Io>,
        request: OutgoingRequest,
    ) {
        // Oneway requests have a number, too: Java's brokers respond even to those when they are
        // overloaded, and such a response must not match another call.
        let number = self.pending.next_number();
        if let Some(request) = request.send(number, |command| transport.encode(command)) {
            self.pending.insert(number, SentCall { request, heard: transport.heard() });
        }
    }

    /// Queues a request of this side.
    pub(super) fn push_request(&mut self, request: OutgoingRequest) {
        self.requests.push_back(request);
    }

    /// Passes a response from the peer to its caller.
    pub(super) fn take_response(&mut self, response: RemotingCommand) {
        match self.pending.remove(response.opaque() as u32) {
            Some(call) => call.request.respond(response),
            None => tracing::debug!(
                opaque = response.opaque(),
                "dropped a response that no call waits for"
            ),
        }
    }

    /// Removes a call that its caller gave up. If it was sent, and is still pending, returns what had
    /// been heard from the peer by then. The queue of unsent requests is searched only when at least
    /// half of it may be abandoned, which keeps the amortized cost constant.
    pub(super) fn cancel(&mut self, call: GivenUp) -> Option<u64> {
        if let GivenUp::Sent(number) = call {
            return self.pending.remove(number).map(|call| call.heard);
        }
        self.abandoned += 1;
        if self.abandoned * 2 >= self.requests.len() {
            self.requests.retain(|request| !request.is_abandoned());
            self.abandoned = 0;
        }
        None
    }

    /// Fails all calls, because the peer will send no more responses. Keeps oneway requests.
    pub(super) fn fail_calls(&mut self) {
        self.pending.clear();
        self.requests.retain(OutgoingRequest::is_oneway);
    }

    pub(super) fn close(&mut self) {
        self.responses = VecDeque::new();
        self.bytes = 0;
        self.requests = VecDeque::new();
        self.pending.clear();
    }

    pub(super) fn release_memory(&mut self) {
        release(&mut self.responses);
        release(&mut self.requests);
    }
}

/// Creates the error that takes the place of a response for which there is no room.
#[cold]
fn no_room(response: &RemotingCommand, waiting: usize) -> RemotingCommand {
    tracing::warn!(opaque = response.opaque(), waiting, "no room for a response");
    let text = format!("{NO_ROOM}: {waiting} bytes wait to be read");
    let mut failure = system_error(text);
    Stamp::of(response).put_on(&mut failure);
    failure
}

/// Returns whether there is room to encode more. Flushes if there is not.
fn poll_writable<Io: AsyncRead + AsyncWrite + Unpin>(
    cx: &mut Context<'_>,
    transport: &mut Transport<Io>,
) -> Result<bool, CloseReason> {
    match transport.poll_writable(cx) {
        Poll::Pending => Ok(false),
        Poll::Ready(Ok(())) => Ok(true),
        Poll::Ready(Err(error)) => Err(CloseReason::Io(Arc::new(error))),
    }
}

#[inline]
fn encode_response<Io: AsyncRead + AsyncWrite + Unpin>(
    transport: &mut Transport<Io>,
    response: &RemotingCommand,
) -> Result<(), CloseReason> {
    match transport.encode(response) {
        Ok(()) => Ok(()),
        Err(error) => encode_failure(transport, response, &error),
    }
}

/// Sends an error in place of a response that cannot be encoded, so that the peer does not wait.
#[cold]
fn encode_failure<Io: AsyncRead + AsyncWrite + Unpin>(
    transport: &mut Transport<Io>,
    response: &RemotingCommand,
    error: &EncodeError,
) -> Result<(), CloseReason> {
    let text = chain_text(error);
    tracing::warn!(opaque = response.opaque(), error = text, "cannot encode a response");
    let mut failure = system_error(text);
    Stamp::of(response).put_on(&mut failure);
    let encoded = transport.encode(&failure);
    encoded.map_err(|error| CloseReason::Io(Arc::new(io::Error::other(error))))
}
