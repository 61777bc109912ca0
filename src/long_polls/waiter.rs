//! One parked request.

use super::room::Share;
use rocketmq_tower_core::channel::Responder;
use rocketmq_tower_core::error::{catch_panic, chain_text};
use rocketmq_tower_core::{BoxError, Channel, RemotingCommand, ResponseCode};
use rocketmq_tower_layers::recover;
use tokio::runtime::Handle;
use tokio::time::Instant;

/// Why a parked request gets its last response.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PollEnd {
    /// Its time has passed.
    TimedOut,
    /// Its connection is being drained.
    Draining,
    /// [`LongPolls::shutdown`](super::LongPolls::shutdown) was called.
    ShutDown,
}

pub(super) type Attempt =
    Box<dyn FnMut(&RemotingCommand) -> Result<Option<RemotingCommand>, BoxError> + Send>;
pub(super) type LastResponse = Box<dyn FnOnce(&RemotingCommand, PollEnd) -> RemotingCommand + Send>;

pub(super) struct Waiter<K> {
    pub(super) key: K,
    pub(super) request: RemotingCommand,
    pub(super) responder: Responder,
    /// `None` if it is too far in the future for the clock.
    pub(super) deadline: Option<Instant>,
    pub(super) attempt: Attempt,
    pub(super) end: LastResponse,
    /// Runs the tasks that answer it.
    pub(super) runtime: Handle,
    pub(super) share: Share,
}

impl<K> Waiter<K> {
    pub(super) fn channel(&self) -> Channel {
        self.responder.channel()
    }

    /// Responds if there is an answer now. Otherwise returns the waiter.
    pub(super) fn try_again(mut self) -> Option<Self> {
        // Its watcher may not have run yet.
        if self.channel().is_closed() {
            return None;
        }
        let found = response(|| (self.attempt)(&self.request));
        self.respond(found)
    }

    /// Responds if `answer` returns a response. Otherwise returns the waiter.
    pub(super) fn try_with(
        self,
        answer: &mut impl FnMut(&RemotingCommand) -> Option<RemotingCommand>,
    ) -> Option<Self> {
        let found = response(|| Ok(answer(&self.request)));
        self.respond(found)
    }

    fn respond(self, found: Option<RemotingCommand>) -> Option<Self> {
        match found {
            Some(found) => {
                send(self.responder, self.share, found);
                None
            }
            None => Some(self),
        }
    }

    /// Sends the last response.
    pub(super) fn end(self, why: PollEnd) {
        if self.channel().is_closed() {
            return;
        }
        let Self { request, responder, end, share, .. } = self;
        if let Some(last) = response(|| Ok(Some(end(&request, why)))) {
            send(responder, share, last);
        }
    }
}

/// Returns the response that `f` returns, or the response to its error or panic.
fn response(
    f: impl FnOnce() -> Result<Option<RemotingCommand>, BoxError>,
) -> Option<RemotingCommand> {
    match catch_panic(f) {
        Ok(Ok(response)) => response,
        Ok(Err(error)) => {
            tracing::debug!(error = chain_text(&*error), "a parked request failed");
            Some(recover::answer(&*error))
        }
        Err(message) => {
            tracing::error!(message, "the processor of a parked request panicked");
            Some(RemotingCommand::response(ResponseCode::SYSTEM_ERROR).with_remark(message))
        }
    }
}

/// Sends the response. The request's share is given back first, so that a peer that has the
/// response can count on it.
fn send(responder: Responder, share: Share, response: RemotingCommand) {
    drop(share);
    // An error means that the connection is closed.
    _ = responder.send(response);
}
