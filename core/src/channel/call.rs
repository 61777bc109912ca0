//! Calls of this side over a connection.

use super::inbox::Message;
use super::outgoing::{Call, CallEnd, CallResult, OutgoingRequest};
use super::shared::Shared;
use super::{CallError, CallStage, Channel, CloseReason};
use crate::command::RemotingCommand;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, TryAcquireError};
use tokio::time::error::Elapsed;
use tokio::time::{Instant, Sleep};

/// The future of a call over a [`Channel`]: resolves to the response.
///
/// Dropping it abandons the call: the request is not sent if it is not encoded yet, the permit is
/// released, and a response that arrives later is ignored.
#[derive(Debug)]
#[must_use = "dropping the future abandons the call"]
pub struct ResponseFuture {
    state: CallState,
}

#[derive(Debug)]
enum CallState {
    Waiting {
        call: Arc<Call>,
        shared: Arc<Shared>,
        /// The time that the call may take, if it has an end.
        timeout: Option<Duration>,
        /// Ends the call, if the connection's timer does not.
        timer: Option<Pin<Box<Sleep>>>,
    },
    Failed(CallError),
    Done,
}

impl ResponseFuture {
    /// Hands the request to the driver, and returns the future of its response. `timeout` is the time
    /// that the call may take in all, and when this is over.
    pub(super) fn start(
        shared: &Arc<Shared>,
        command: RemotingCommand,
        permit: OwnedSemaphorePermit,
        timeout: Option<(Duration, Instant)>,
    ) -> Self {
        // It is sent without the response bit.
        let is_oneway = command.flag() & RemotingCommand::ONEWAY != 0;
        let (call, is_timed) =
            shared.pool().begin(shared, command, permit, timeout.map(|(_, end)| end));
        let request = OutgoingRequest::new(Arc::clone(&call), is_oneway);
        if shared.inbox.send(Message::Send(request)) {
            let own = timeout.filter(|_| !is_timed);
            let timer = own.map(|(_, end)| Box::pin(tokio::time::sleep_until(end)));
            let (shared, timeout) = (Arc::clone(shared), timeout.map(|(timeout, _)| timeout));
            Self { state: CallState::Waiting { call, shared, timeout, timer } }
        } else {
            Self::failed(not_sent(shared))
        }
    }

    pub(super) fn failed(error: CallError) -> Self {
        Self { state: CallState::Failed(error) }
    }
}

/// Gives a call up, unless it has ended.
fn give_up(call: Arc<Call>, shared: &Shared) {
    match call.give_up() {
        Some(given_up) => _ = shared.inbox.send(Message::Cancel(given_up)),
        None => shared.pool().give_back(call),
    }
}

/// Returns why the connection closed or is closing.
fn reason(shared: &Shared) -> CloseReason {
    shared.reason().cloned().unwrap_or(CloseReason::Aborted)
}

/// Returns the error of a request that was not written before the connection closed.
pub(super) fn not_sent(shared: &Shared) -> CallError {
    CallError::NotSent(reason(shared))
}

impl Future for ResponseFuture {
    type Output = CallResult;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<CallResult> {
        let end = match &mut self.state {
            CallState::Waiting { call, timer, .. } => match (call.poll_end(cx), timer) {
                (Poll::Ready(end), _) => end,
                (Poll::Pending, None) => return Poll::Pending,
                (Poll::Pending, Some(timer)) => {
                    ready!(timer.as_mut().poll(cx));
                    CallEnd::Late
                }
            },
            CallState::Failed(_) | CallState::Done => CallEnd::NotSent,
        };
        match (std::mem::replace(&mut self.state, CallState::Done), end) {
            (CallState::Waiting { call, shared, .. }, CallEnd::Result(result)) => {
                shared.pool().give_back(call);
                Poll::Ready(result)
            }
            (CallState::Waiting { call, shared, timeout, .. }, CallEnd::Late) => {
                give_up(call, &shared);
                let timeout = timeout.unwrap_or_default();
                Poll::Ready(Err(CallError::Timeout { timeout, stage: CallStage::Answer }))
            }
            (CallState::Waiting { shared, .. }, CallEnd::Closed) => {
                Poll::Ready(Err(CallError::Closed(reason(&shared))))
            }
            (CallState::Waiting { shared, .. }, CallEnd::NotSent) => {
                Poll::Ready(Err(not_sent(&shared)))
            }
            (CallState::Failed(error), _) => Poll::Ready(Err(error)),
            (CallState::Done, _) => Poll::Ready(Err(CallError::NotReady)),
        }
    }
}

impl Drop for ResponseFuture {
    fn drop(&mut self) {
        let state = std::mem::replace(&mut self.state, CallState::Done);
        if let CallState::Waiting { call, shared, .. } = state {
            give_up(call, &shared);
        }
    }
}

/// The place of one call over a [`Channel`], see [`try_reserve`](Channel::try_reserve). Dropping it gives the place back.
#[derive(Debug)]
#[must_use = "dropping it gives the place back"]
pub struct CallPermit<'a> {
    channel: &'a Channel,
    permit: OwnedSemaphorePermit,
}

impl CallPermit<'_> {
    /// Returns the channel of the call.
    pub fn channel(&self) -> &Channel {
        self.channel
    }

    /// Sends `command`, and returns the future of the response, which ends after at most `timeout`. See [`Channel::invoke`].
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub fn invoke(self, command: RemotingCommand, timeout: Duration) -> ResponseFuture {
        // `None` means no deadline: the addition overflowed.
        let deadline = Instant::now().checked_add(timeout);
        let end = deadline.map(|deadline| (timeout, deadline));
        ResponseFuture::start(&self.channel.shared, command, self.permit, end)
    }
}

impl Channel {
    /// Sends `command` and waits for the response, for at most `timeout`. The timeout covers the
    /// wait for a permit, sending, and the response.
    ///
    /// The driver replaces the opaque on the wire; the response carries the opaque of `command`.
    /// For a [oneway](RemotingCommand::is_oneway) command, returns an empty `SUCCESS` response once
    /// the command is written.
    ///
    /// # Errors
    /// If the connection is or becomes closed, the timeout elapses, or `command` cannot be encoded.
    /// A response with an error code is returned as `Ok`.
    pub async fn invoke(
        &self,
        command: RemotingCommand,
        timeout: Duration,
    ) -> Result<RemotingCommand, CallError> {
        // `None` means no deadline: the addition overflowed.
        let deadline = Instant::now().checked_add(timeout);
        let permit = match self.try_reserve() {
            Ok(CallPermit { permit, .. }) => permit,
            Err(CallError::Full) => {
                let permit = until(deadline, self.acquire(&self.shared.calls)).await;
                permit.map_err(|_| CallError::Timeout { timeout, stage: CallStage::Capacity })??
            }
            Err(error) => return Err(error),
        };
        let end = deadline.map(|deadline| (timeout, deadline));
        ResponseFuture::start(&self.shared, command, permit, end).await
    }

    /// Takes the place of one call, if one is free. Never waits.
    ///
    /// With it, a call is a future with a name, and takes no allocation: see [`CallPermit::invoke`].
    ///
    /// # Errors
    /// If the connection is closed, or [`max_calls`](crate::driver::ConnectionConfig::max_calls) calls wait for their answers
    /// ([`CallError::Full`]).
    pub fn try_reserve(&self) -> Result<CallPermit<'_>, CallError> {
        match Arc::clone(&self.shared.calls).try_acquire_owned() {
            Ok(permit) => Ok(CallPermit { channel: self, permit }),
            Err(TryAcquireError::NoPermits) => Err(CallError::Full),
            Err(TryAcquireError::Closed) => Err(not_sent(&self.shared)),
        }
    }

    /// Sends `command` marked as oneway. Waits only for a permit.
    ///
    /// Returns `Ok` when the request is queued. That does not mean that it is written or that the
    /// peer receives it.
    ///
    /// # Errors
    /// If the connection is closed.
    pub async fn invoke_oneway(&self, command: RemotingCommand) -> Result<(), CallError> {
        let permit = self.acquire(&self.shared.oneways).await?;
        self.send_oneway(command, permit)
    }

    /// Sends `command` marked as oneway, and waits until it is written to the socket's buffer.
    ///
    /// # Errors
    /// If the connection is or becomes closed, or `command` cannot be encoded.
    pub async fn write_oneway(&self, command: RemotingCommand) -> Result<(), CallError> {
        let permit = self.acquire(&self.shared.oneways).await?;
        let written = ResponseFuture::start(&self.shared, command.oneway(), permit, None);
        written.await.map(drop)
    }

    /// Sends `command` marked as oneway, if a permit is free. Never waits, which suits a push to
    /// many peers.
    ///
    /// # Errors
    /// If the connection is closed, or
    /// [`max_oneways`](crate::driver::ConnectionConfig::max_oneways) requests are waiting to be
    /// written ([`CallError::Full`]).
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
        let call = Arc::new(Call::default());
        call.begin(command.oneway(), permit, false, None);
        let sent = self.shared.inbox.send(Message::Send(OutgoingRequest::new(call, true)));
        if sent { Ok(()) } else { Err(not_sent(&self.shared)) }
    }

    async fn acquire(&self, permits: &Arc<Semaphore>) -> Result<OwnedSemaphorePermit, CallError> {
        let permit = Arc::clone(permits).acquire_owned().await;
        permit.map_err(|_| not_sent(&self.shared))
    }
}

/// Runs `future` until it resolves or `deadline` passes. `None` means no deadline.
async fn until<F: Future>(deadline: Option<Instant>, future: F) -> Result<F::Output, Elapsed> {
    match deadline {
        Some(deadline) => tokio::time::timeout_at(deadline, future).await,
        None => Ok(future.await),
    }
}
