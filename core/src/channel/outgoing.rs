//! Requests that this side sends through the driver, and their callers.

use super::{CallError, CloseReason};
use crate::codec::EncodeError;
use crate::command::{RemotingCommand, ResponseCode};
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, oneshot};

/// The result of a call.
pub(super) type CallResult = Result<RemotingCommand, CallError>;

/// A call, or a oneway request, that is not encoded yet.
#[derive(Debug)]
pub(crate) struct OutgoingRequest {
    /// The opaque on the wire. Oneway requests have one too: Java's brokers respond even to those
    /// when they are overloaded, and such a response must not match another call.
    pub(crate) number: u32,
    pub(crate) command: RemotingCommand,
    /// Set for every call, and for a oneway request whose caller waits until it is written.
    pub(crate) caller: Option<Caller>,
    /// The permit of a oneway request without a caller.
    pub(super) _permit: Option<OwnedSemaphorePermit>,
}

impl OutgoingRequest {
    /// Whether its caller has given up. False if it has no caller.
    pub(crate) fn is_abandoned(&self) -> bool {
        self.caller.as_ref().is_some_and(Caller::is_gone)
    }

    /// Completes a oneway request that was encoded.
    pub(crate) fn written(self) {
        if let Some(caller) = self.caller {
            caller.respond(RemotingCommand::response(ResponseCode::SUCCESS));
        }
    }

    /// Fails a request that cannot be encoded.
    pub(crate) fn unencodable(self, error: EncodeError) {
        match self.caller {
            Some(caller) => caller.fail(CallError::Encode(Arc::new(error))),
            None => {
                let code = self.command.request_code();
                tracing::warn!(%error, %code, "cannot encode a oneway request");
            }
        }
    }
}

/// The caller of an outgoing request. Dropping it fails the call, because the connection closed.
#[derive(Debug)]
pub(crate) struct Caller {
    /// `None` once used.
    sender: Option<oneshot::Sender<CallResult>>,
    /// The opaque that the caller set, restored on its response.
    opaque: i32,
    /// What had been heard from the peer when the request was encoded. `None` before: the peer
    /// cannot have received it.
    sent: Option<u64>,
    _permit: OwnedSemaphorePermit,
}

impl Caller {
    pub(super) fn new(
        sender: oneshot::Sender<CallResult>,
        opaque: i32,
        permit: OwnedSemaphorePermit,
    ) -> Self {
        Self { sender: Some(sender), opaque, sent: None, _permit: permit }
    }

    pub(crate) fn is_gone(&self) -> bool {
        self.sender.as_ref().is_none_or(oneshot::Sender::is_closed)
    }

    /// Marks the request as sent, after this was heard from the peer.
    pub(crate) fn sent(mut self, heard: u64) -> Self {
        self.sent = Some(heard);
        self
    }

    /// Whether the request was sent, and nothing but this was heard before and since.
    pub(crate) fn is_unanswered(&self, heard: u64) -> bool {
        self.sent == Some(heard)
    }

    pub(crate) fn respond(self, mut response: RemotingCommand) {
        response.set_opaque(self.opaque);
        self.end(Ok(response));
    }

    pub(crate) fn fail(self, error: CallError) {
        self.end(Err(error));
    }

    fn end(mut self, result: CallResult) {
        if let Some(sender) = self.sender.take() {
            _ = sender.send(result);
        }
    }
}

impl Drop for Caller {
    fn drop(&mut self) {
        // If nothing is sent, the caller reports `NotSent`. It looks up the actual reason either
        // way.
        if let Some(sender) = self.sender.take().filter(|_| self.sent.is_some()) {
            _ = sender.send(Err(CallError::Closed(CloseReason::Aborted)));
        }
    }
}
