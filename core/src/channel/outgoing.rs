//! Requests that this side sends: what a caller and the driver share.

use super::CallError;
use super::call_pool::Look;
use crate::codec::EncodeError;
use crate::command::{RemotingCommand, ResponseCode};
use crate::sync::lock;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Instant;

/// The result of a call.
pub(super) type CallResult = Result<RemotingCommand, CallError>;

/// A call, or a oneway request: one allocation for the request, its result and its permit. It is
/// used again for later calls, see [`CallPool`](super::call_pool::CallPool).
///
/// Its lock is nearly always free. The caller takes it when it is polled or dropped, the driver
/// when it encodes the request and when it ends the call.
#[derive(Debug, Default)]
pub(super) struct Call {
    state: Mutex<CallState>,
}

#[derive(Debug, Default)]
struct CallState {
    stage: Stage,
    /// The task of the caller, once it waits.
    caller: Option<Waker>,
    /// Released when the driver ends the call, even if the caller has given up before.
    permit: Option<OwnedSemaphorePermit>,
    /// The opaque that the caller set, restored on the response.
    opaque: i32,
    /// Whether a caller waits for the end.
    is_awaited: bool,
    /// Whether the deadline has passed.
    is_late: bool,
    /// When the pool's timer ends the call. `None` if it does not.
    deadline: Option<Instant>,
    /// The time of the entry in the pool's queue that counts. No later than the deadline.
    queued: Option<Instant>,
}

#[derive(Debug, Default)]
enum Stage {
    /// Not encoded yet.
    Unsent(RemotingCommand),
    /// Waits for the response, under this number.
    Sent(u32),
    Ended(CallEnd),
    /// The caller has taken the end, or given up.
    #[default]
    Left,
}

/// How a call ended.
#[derive(Debug)]
pub(super) enum CallEnd {
    Result(CallResult),
    /// The connection closed before the request was sent.
    NotSent,
    /// The connection closed before the response arrived.
    Closed,
    /// The pool's timer: the deadline has passed. The driver has not ended the call.
    Late,
}

/// A call that its caller gave up, and that the driver has not ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GivenUp {
    Unsent,
    /// It waits for the response, under this number.
    Sent(u32),
}

impl Call {
    /// Begins a call, with an object that is not in use. Returns whether the pool's queue has an entry
    /// that is early enough for the deadline.
    pub(super) fn begin(
        &self,
        command: RemotingCommand,
        permit: OwnedSemaphorePermit,
        is_awaited: bool,
        deadline: Option<Instant>,
    ) -> bool {
        let flag = command.flag() & !RemotingCommand::RESPONSE;
        let command = command.with_flag(flag);
        let mut state = lock(&self.state);
        let state = &mut *state;
        (state.opaque, state.is_awaited, state.is_late) = (command.opaque(), is_awaited, false);
        (state.stage, state.permit) = (Stage::Unsent(command), Some(permit));
        state.deadline = deadline;
        let is_queued = deadline.is_none_or(|at| state.queued.is_some_and(|queued| queued <= at));
        if !is_queued {
            state.queued = deadline;
        }
        is_queued
    }

    /// Takes the deadline back, which another timer watches.
    pub(super) fn set_untimed(&self) {
        let mut state = lock(&self.state);
        (state.deadline, state.queued) = (None, None);
    }

    /// Looks at the call when its entry of the queue for `at` has come up, and was removed.
    pub(super) fn look(&self, at: Instant, now: Instant) -> Look {
        let mut state = lock(&self.state);
        if state.queued == Some(at) {
            state.queued = None;
        }
        let Some(deadline) = state.deadline.filter(|_| state.stage.waits()) else {
            return Look::Over;
        };
        if deadline <= now {
            state.is_late = true;
            return Look::Due(state.caller.take());
        }
        if state.queued.is_some_and(|queued| queued <= deadline) {
            return Look::Over;
        }
        state.queued = Some(deadline);
        Look::Later(deadline)
    }

    /// Whether the entry of the queue for `at` counts. If not, it must be removed.
    pub(super) fn counts(&self, at: Instant) -> bool {
        let mut state = lock(&self.state);
        if state.queued != Some(at) {
            return false;
        }
        let waits = state.stage.waits();
        if !waits {
            state.queued = None;
        }
        waits
    }

    /// Takes the end of the call. Until it has ended, registers the caller's task.
    pub(super) fn poll_end(&self, cx: &Context<'_>) -> Poll<CallEnd> {
        let mut state = lock(&self.state);
        if !state.stage.waits() {
            return match std::mem::take(&mut state.stage) {
                Stage::Ended(end) => Poll::Ready(end),
                _ => Poll::Ready(CallEnd::Result(Err(CallError::NotReady))),
            };
        }
        if state.is_late {
            return Poll::Ready(CallEnd::Late);
        }
        match &mut state.caller {
            Some(caller) => caller.clone_from(cx.waker()),
            none => *none = Some(cx.waker().clone()),
        }
        Poll::Pending
    }

    /// Gives the call up for its caller. Returns `None` if it has ended already.
    pub(super) fn give_up(&self) -> Option<GivenUp> {
        let mut state = lock(&self.state);
        let stage = std::mem::take(&mut state.stage);
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
    fn end(self: Arc<Self>, mut end: CallEnd) {
        let mut state = lock(&self.state);
        if let CallEnd::Result(Ok(response)) = &mut end {
            response.set_opaque(state.opaque);
        }
        let unused = match state.stage {
            Stage::Sent(_) => {
                state.stage = Stage::Ended(end);
                None
            }
            Stage::Unsent(_) => Some(std::mem::replace(&mut state.stage, Stage::Ended(end))),
            Stage::Ended(_) | Stage::Left => Some(Stage::Ended(end)),
        };
        let (caller, permit) = (state.caller.take(), state.permit.take());
        // All of these are dropped after the lock is released.
        drop(state);
        drop((unused, permit, self));
        if let Some(caller) = caller {
            caller.wake();
        }
    }
}

impl Stage {
    /// Whether the driver has not ended the call, and the caller has not left.
    fn waits(&self) -> bool {
        matches!(self, Self::Unsent(_) | Self::Sent(_))
    }
}

/// The driver's handle of a request of this side. Dropping it fails the request, because the
/// connection closed.
#[derive(Debug)]
pub(crate) struct OutgoingRequest {
    /// `None` once ended.
    call: Option<Arc<Call>>,
    is_oneway: bool,
}

impl OutgoingRequest {
    pub(super) fn new(call: Arc<Call>, is_oneway: bool) -> Self {
        Self { call: Some(call), is_oneway }
    }

    pub(crate) fn is_oneway(&self) -> bool {
        self.is_oneway
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
        let is_awaited = state.is_awaited;
        let Stage::Unsent(command) = &mut state.stage else { return None };
        command.set_opaque(number as i32);
        match encode(command) {
            Ok(()) if self.is_oneway => {
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
                if !is_awaited {
                    let code = command.request_code();
                    tracing::warn!(%error, %code, "cannot encode a oneway request");
                }
                drop(state);
                self.fail(CallError::Encode(Arc::new(error)));
                None
            }
        }
    }

    pub(crate) fn respond(self, response: RemotingCommand) {
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
