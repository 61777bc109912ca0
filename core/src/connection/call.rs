//! Calls that this side makes over a connection.

use super::inbox::Message;
use super::shared::Shared;
use super::{Channel, CloseReason};
use crate::codec::EncodeError;
use crate::command::{RemotingCommand, ResponseCode};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, TryAcquireError, oneshot};
use tokio::time::Instant;
use tokio::time::error::Elapsed;

/// Why a call over a [`Channel`] failed.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CallError {
    /// The time was over before the answer came.
    #[error("the call timed out after {timeout:?} {stage}")]
    Timeout {
        /// The time it was given.
        timeout: Duration,
        /// What it was waiting for.
        stage: CallStage,
    },
    /// The connection closed before the answer came. The peer may or may not have acted on the
    /// request.
    #[error("the connection closed before the answer came")]
    Closed(#[source] CloseReason),
    /// The connection is closed, or closed before the request was written. The peer knows nothing
    /// of it.
    #[error("the connection closed before the request was sent")]
    NotSent(#[source] CloseReason),
    /// The request cannot be encoded. Nothing was sent, the connection goes on.
    #[error("the request can't be sent")]
    Encode(#[source] Arc<EncodeError>),
    /// The connection has as many requests in flight as it may have, and the caller did not want to
    /// wait.
    #[error("too many requests are in flight on the connection")]
    Full,
    /// `call` without a `poll_ready` that returned ready.
    #[error("the channel was called before it was ready")]
    NotReady,
}

/// What a call was waiting for when its time was over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CallStage {
    /// For one of the connection's slots for calls: too many calls were under way.
    Capacity,
    /// For the connection to be made. Not on a [`Channel`], which is one.
    Connection,
    /// For the peer's answer.
    Answer,
}

impl std::fmt::Display for CallStage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Capacity => "while waiting for a free call slot",
            Self::Connection => "while waiting for the connection",
            Self::Answer => "while waiting for the response",
        })
    }
}

type Outcome = Result<RemotingCommand, CallError>;

/// A request on its way to the driver.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) number: u32,
    pub(crate) command: RemotingCommand,
    pub(crate) waiter: Waiter,
}

/// Who waits for the answer of a call. To drop it tells the caller that the connection closed.
#[derive(Debug)]
pub(crate) struct Waiter {
    /// `None` once used.
    answer: Option<oneshot::Sender<Outcome>>,
    /// The caller's own opaque, which the answer carries back to it.
    opaque: i32,
    /// Whether the request is, or may be, on its way to the peer.
    sent: bool,
    _permit: OwnedSemaphorePermit,
}

impl Waiter {
    /// Whether the caller gave up.
    pub(crate) fn is_gone(&self) -> bool {
        self.answer.as_ref().is_none_or(oneshot::Sender::is_closed)
    }

    /// The same waiter, whose request is sent.
    pub(crate) fn sent(mut self) -> Self {
        self.sent = true;
        self
    }

    pub(crate) fn answer(self, mut response: RemotingCommand) {
        response.opaque = self.opaque;
        self.end(Ok(response));
    }

    pub(crate) fn fail(self, error: CallError) {
        self.end(Err(error));
    }

    fn end(mut self, outcome: Outcome) {
        if let Some(answer) = self.answer.take() {
            _ = answer.send(outcome);
        }
    }
}

impl Drop for Waiter {
    fn drop(&mut self) {
        let answer = self.answer.take().filter(|_| self.sent);
        if let Some(answer) = answer {
            // The caller, who is told by an absent answer if nothing was sent, finds the reason.
            _ = answer.send(Err(CallError::Closed(CloseReason::Aborted)));
        }
    }
}

/// A oneway request on its way to the driver.
#[derive(Debug)]
pub(crate) struct Oneway {
    /// Its opaque on the wire. Java's brokers answer even oneway requests when they are overloaded,
    /// and that must not be taken for another call's answer.
    pub(crate) number: u32,
    pub(crate) command: RemotingCommand,
    /// Who wants to know that it was written, if anybody.
    pub(crate) waiter: Option<Waiter>,
    pub(crate) _permit: Option<OwnedSemaphorePermit>,
}

impl Oneway {
    pub(crate) fn written(self) {
        if let Some(waiter) = self.waiter {
            waiter.answer(RemotingCommand::response(ResponseCode::SUCCESS));
        }
    }

    pub(crate) fn failed(self, error: EncodeError) {
        match self.waiter {
            Some(waiter) => waiter.fail(CallError::Encode(Arc::new(error))),
            None => {
                let code = self.command.request_code();
                tracing::warn!(%error, %code, "a oneway request can't be sent");
            }
        }
    }
}

/// The answer to come of a call over a [`Channel`].
///
/// Dropping it gives the call up: it is not sent if it was not yet, its slot becomes free, and an
/// answer that still comes is dropped.
#[derive(Debug)]
#[must_use = "a call that nobody waits for is given up"]
pub struct ResponseFuture {
    state: State,
}

#[derive(Debug)]
enum State {
    Waiting { answer: oneshot::Receiver<Outcome>, shared: Arc<Shared>, number: u32 },
    Failed(CallError),
    Done,
}

impl ResponseFuture {
    /// Hands the call to the driver.
    pub(super) fn start(
        shared: &Arc<Shared>,
        mut command: RemotingCommand,
        permit: OwnedSemaphorePermit,
    ) -> Self {
        let (sender, answer) = oneshot::channel();
        command.flag &= !RemotingCommand::RESPONSE;
        let number = shared.next_call();
        let opaque = command.opaque;
        let waiter = Waiter { answer: Some(sender), opaque, sent: false, _permit: permit };
        let message = if command.is_oneway() {
            Message::Oneway(Oneway { number, command, waiter: Some(waiter), _permit: None })
        } else {
            Message::Call(Call { number, command, waiter })
        };
        if shared.inbox.send(message) {
            Self { state: State::Waiting { answer, shared: Arc::clone(shared), number } }
        } else {
            Self::failed(not_sent(shared))
        }
    }

    pub(super) fn failed(error: CallError) -> Self {
        Self { state: State::Failed(error) }
    }
}

/// Why the connection is closed, or about to be.
fn reason(shared: &Shared) -> CloseReason {
    shared.reason().cloned().unwrap_or(CloseReason::Aborted)
}

/// The error of what was not sent before the connection closed.
pub(super) fn not_sent(shared: &Shared) -> CallError {
    CallError::NotSent(reason(shared))
}

impl Future for ResponseFuture {
    type Output = Outcome;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Outcome> {
        let outcome = match &mut self.state {
            State::Waiting { answer, shared, .. } => match ready!(Pin::new(answer).poll(cx)) {
                Ok(Err(CallError::Closed(_))) => Err(CallError::Closed(reason(shared))),
                Ok(outcome) => outcome,
                Err(_) => Err(not_sent(shared)),
            },
            State::Failed(error) => Err(error.clone()),
            State::Done => Err(CallError::NotReady),
        };
        self.state = State::Done;
        Poll::Ready(outcome)
    }
}

impl Drop for ResponseFuture {
    fn drop(&mut self) {
        let State::Waiting { mut answer, shared, number } =
            std::mem::replace(&mut self.state, State::Done)
        else {
            return;
        };
        // First this: the driver skips a call that it has not sent yet and whose caller is gone.
        answer.close();
        if answer.try_recv().is_err() {
            _ = shared.inbox.send(Message::Cancel(number));
        }
    }
}

impl Channel {
    /// Sends `command` and waits for its answer, for `timeout` at most: slot, sending and answer
    /// together.
    ///
    /// The opaque on the wire is the connection's; the answer carries the one that `command` had. A
    /// command that is [oneway](RemotingCommand::is_oneway) is answered with an empty `SUCCESS`
    /// when it was written.
    ///
    /// # Errors
    /// If the connection is closed or closes, the time is over, or the command cannot be encoded.
    /// An answer with an error code is an answer.
    pub async fn invoke(
        &self,
        command: RemotingCommand,
        timeout: Duration,
    ) -> Result<RemotingCommand, CallError> {
        let timed_out = |stage| move |_| CallError::Timeout { timeout, stage };
        // None is as late as time goes.
        let deadline = Instant::now().checked_add(timeout);
        let permit = match Arc::clone(&self.shared.calls).try_acquire_owned() {
            Ok(permit) => permit,
            Err(TryAcquireError::Closed) => return Err(not_sent(&self.shared)),
            Err(TryAcquireError::NoPermits) => {
                let slot = until(deadline, self.acquire(&self.shared.calls)).await;
                slot.map_err(timed_out(CallStage::Capacity))??
            }
        };
        let answer = ResponseFuture::start(&self.shared, command, permit);
        until(deadline, answer).await.map_err(timed_out(CallStage::Answer))?
    }

    /// Sends `command`, marked as oneway, without waiting for anything but a slot to send it.
    ///
    /// `Ok` means that the connection's task has it: whether the peer got it, nobody can know.
    ///
    /// # Errors
    /// If the connection is closed.
    pub async fn invoke_oneway(&self, command: RemotingCommand) -> Result<(), CallError> {
        let permit = self.acquire(&self.shared.oneways).await?;
        self.send_oneway(command, permit)
    }

    /// Sends `command`, marked as oneway, and waits until it was written to the socket's buffer.
    ///
    /// # Errors
    /// If the connection is closed or closes, or the command cannot be encoded.
    pub async fn write_oneway(&self, command: RemotingCommand) -> Result<(), CallError> {
        let permit = self.acquire(&self.shared.oneways).await?;
        let written = ResponseFuture::start(&self.shared, command.oneway(), permit);
        written.await.map(drop)
    }

    /// Sends `command`, marked as oneway, if there is a slot for it now.
    ///
    /// For a push to many peers, none of which is to be waited for.
    ///
    /// # Errors
    /// If the connection is closed, or too many oneway requests of it wait to be written.
    pub fn try_invoke_oneway(&self, command: RemotingCommand) -> Result<(), CallError> {
        match Arc::clone(&self.shared.oneways).try_acquire_owned() {
            Ok(permit) => self.send_oneway(command, permit),
            Err(TryAcquireError::NoPermits) => Err(CallError::Full),
            Err(TryAcquireError::Closed) => Err(not_sent(&self.shared)),
        }
    }

    fn send_oneway(
        &self,
        command: RemotingCommand,
        permit: OwnedSemaphorePermit,
    ) -> Result<(), CallError> {
        let mut command = command.oneway();
        command.flag &= !RemotingCommand::RESPONSE;
        let number = self.shared.next_call();
        let oneway = Oneway { number, command, waiter: None, _permit: Some(permit) };
        let sent = self.shared.inbox.send(Message::Oneway(oneway));
        if sent { Ok(()) } else { Err(not_sent(&self.shared)) }
    }

    async fn acquire(&self, slots: &Arc<Semaphore>) -> Result<OwnedSemaphorePermit, CallError> {
        let slot = Arc::clone(slots).acquire_owned().await;
        slot.map_err(|_| not_sent(&self.shared))
    }
}

/// Waits for `future` until `deadline`, for ever if there is none.
async fn until<F: Future>(deadline: Option<Instant>, future: F) -> Result<F::Output, Elapsed> {
    match deadline {
        Some(deadline) => tokio::time::timeout_at(deadline, future).await,
        None => Ok(future.await),
    }
}
