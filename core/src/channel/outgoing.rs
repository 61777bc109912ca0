//! Requests that this side sends: what a caller and the driver share.

use super::CallError;
use crate::codec::EncodeError;
use crate::command::{RemotingCommand, ResponseCode};
use crate::sync::lock;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use tokio::sync::OwnedSemaphorePermit;

/// The result of a call.
pub(super) type CallResult = Result<RemotingCommand, CallError>;

/// A call, or a oneway request: one allocation for the request, its result and its permit.
///
/// Its lock is nearly always free. The caller takes it when it is polled or dropped, the driver
/// when it encodes the request and when it ends the call.
#[derive(Debug)]
pub(super) struct Call {
    state: Mutex<CallState>,
    /// The opaque that the caller set, restored on the response.
    opaque: i32,
    is_oneway: bool,
    /// Whether a caller waits for the end.
    is_awaited: bool,
}

#[derive(Debug)]
struct CallState {
    stage: Stage,
    /// The task of the caller, once it waits.
    caller: Option<Waker>,
    /// Released when the driver ends the call, even if the caller has given up before.
    permit: Option<OwnedSemaphorePermit>,
}

#[derive(Debug)]
enum Stage {
    /// Not encoded yet.
    Unsent(RemotingCommand),
    /// Waits for the response, under this number.
    Sent(u32),
    Ended(CallEnd),
    /// The caller has taken the end, or given up.
    Left,
}

/// How the driver ended a call.
#[derive(Debug)]
pub(super) enum CallEnd {
    Result(CallResult),
    /// The connection closed before the request was sent.
    NotSent,
    /// The connection closed before the response arrived.
    Closed,
}

/// A call that its caller gave up, and that the driver has not ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GivenUp {
    Unsent,
    /// It waits for the response, under this number.
    Sent(u32),
}

impl Call {
    pub(super) fn new(
        mut command: RemotingCommand,
        permit: OwnedSemaphorePermit,
        is_awaited: bool,
    ) -> Arc<Self> {
        command.flag &= !RemotingCommand::RESPONSE;
        let (opaque, is_oneway) = (command.opaque, command.is_oneway());
        let stage = Stage::Unsent(command);
        let state = Mutex::new(CallState { stage, caller: None, permit: Some(permit) });
        Arc::new(Self { state, opaque, is_oneway, is_awaited })
    }

    /// Takes the end of the call. Until it has ended, registers the caller's task.
    pub(super) fn poll_end(&self, cx: &Context<'_>) -> Poll<CallEnd> {
        let mut state = lock(&self.state);
        if matches!(state.stage, Stage::Unsent(_) | Stage::Sent(_)) {
            match &mut state.caller {
                Some(caller) => caller.clone_from(cx.waker()),
                none => *none = Some(cx.waker().clone()),
            }
            return Poll::Pending;
        }
        match std::mem::replace(&mut state.stage, Stage::Left) {
            Stage::Ended(end) => Poll::Ready(end),
            _ => Poll::Ready(CallEnd::Result(Err(CallError::NotReady))),
        }
    }

    /// Gives the call up for its caller. Returns `None` if it has ended already.
    pub(super) fn give_up(&self) -> Option<GivenUp> {
        let mut state = lock(&self.state);
        let stage = std::mem::replace(&mut state.stage, Stage::Left);
        let caller = state.caller.take();
        // Both are dropped after the lock is released.
        drop(state);
        drop(caller);
        match stage {
            Stage::Unsent(_) => Some(GivenUp::Unsent),
            Stage::Sent(number) => Some(GivenUp::Sent(number)),
            Stage::Ended(_) | Stage::Left => None,
        }
    }

    /// Ends the call for the driver: releases the permit, and wakes the caller if it still waits.
    fn end(self: Arc<Self>, end: CallEnd) {
        let mut state = lock(&self.state);
        let before = match state.stage {
            Stage::Left => Stage::Ended(end),
            _ => std::mem::replace(&mut state.stage, Stage::Ended(end)),
        };
        let (caller, permit) = (state.caller.take(), state.permit.take());
        // All of these are dropped after the lock is released. The call itself before the caller
        // wakes up, so that its memory is freed by the thread that allocated it.
        drop(state);
        drop((before, permit, self));
        if let Some(caller) = caller {
            caller.wake();
        }
    }
}

/// The driver's handle of a request of this side. Dropping it fails the request, because the
/// connection closed.
#[derive(Debug)]
pub(crate) struct OutgoingRequest {
    /// `None` once ended.
    call: Option<Arc<Call>>,
}

impl OutgoingRequest {
    pub(super) fn new(call: Arc<Call>) -> Self {
        Self { call: Some(call) }
    }

    pub(crate) fn is_oneway(&self) -> bool {
        self.call.as_ref().is_some_and(|call| call.is_oneway)
    }

    /// Whether its caller has given up. False if it has no caller.
    pub(crate) fn is_abandoned(&self) -> bool {
        self.call.as_ref().is_some_and(|call| matches!(lock(&call.state).stage, Stage::Left))
    }

    /// Sends the request under this number, unless its caller has given up. Returns it if it waits
    /// for a response from now on; otherwise it has ended.
    pub(crate) fn send(
        self,
        number: u32,
        encode: impl FnOnce(&RemotingCommand) -> Result<(), EncodeError>,
    ) -> Option<Self> {
        let call = self.call.as_deref()?;
        let mut state = lock(&call.state);
        let Stage::Unsent(command) = &mut state.stage else { return None };
        command.opaque = number as i32;
        match encode(command) {
            Ok(()) if call.is_oneway => {
                drop(state);
                self.end(Ok(RemotingCommand::response(ResponseCode::SUCCESS)));
                None
            }
            Ok(()) => {
                let sent = std::mem::replace(&mut state.stage, Stage::Sent(number));
                drop(state);
                drop(sent);
                Some(self)
            }
            Err(error) => {
                if !call.is_awaited {
                    let code = command.request_code();
                    tracing::warn!(%error, %code, "cannot encode a oneway request");
                }
                drop(state);
                self.fail(CallError::Encode(Arc::new(error)));
                None
            }
        }
    }

    pub(crate) fn respond(self, mut response: RemotingCommand) {
        if let Some(call) = &self.call {
            response.opaque = call.opaque;
        }
        self.end(Ok(response));
    }

    pub(crate) fn fail(self, error: CallError) {
        self.end(Err(error));
    }

    fn end(mut self, result: CallResult) {
        if let Some(call) = self.call.take() {
            call.end(CallEnd::Result(result));
        }
    }
}

impl Drop for OutgoingRequest {
    fn drop(&mut self) {
        if let Some(call) = self.call.take() {
            let was_sent = matches!(lock(&call.state).stage, Stage::Sent(_));
            call.end(if was_sent { CallEnd::Closed } else { CallEnd::NotSent });
        }
    }
}
