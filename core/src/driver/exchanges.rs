//! The peer's requests, from the readiness of the service to the response.

use super::config::ConnectionConfig;
use super::in_flight::{InFlight, Outcome, RunningRequest};
use super::own_responses::{no_answer, system_error, use_noted};
use crate::channel::{AtEnd, Channel, CloseReason, ExchangeId, Stamp, lending};
use crate::command::RemotingCommand;
use crate::error::{BoxError, catch_panic, chain_text};
use crate::reply::Reply;
use std::task::{Context, Poll};
use tokio::task::coop::has_budget_remaining;
use tower_service::Service;

/// The service, and the requests that it is working on.
pub(super) struct Exchanges<S: Service<RemotingCommand>> {
    channel: Channel,
    /// `None` once it will get no further requests.
    service: Option<S>,
    in_flight: InFlight<S::Future>,
    /// The lengths of the frames of requests in flight, in sum.
    bytes: usize,
    /// Whether the last `poll_ready` returned `Pending`.
    awaits_readiness: bool,
    /// Whether the last `poll_ready` used up the task's budget, see [`settle`](Self::settle).
    is_in_doubt: bool,
}

impl<S> Exchanges<S>
where
    S: Service<RemotingCommand, Response: Reply, Error: Into<BoxError>>,
{
    pub(super) fn new(service: S, channel: Channel) -> Self {
        let in_flight = InFlight::new();
        Self {
            channel,
            service: Some(service),
            in_flight,
            bytes: 0,
            awaits_readiness: false,
            is_in_doubt: false,
        }
    }

    pub(super) fn channel(&self) -> &Channel {
        &self.channel
    }

    /// Whether no request is in flight. Deferred requests do not count.
    pub(super) fn is_idle(&self) -> bool {
        self.in_flight.is_empty()
    }

    /// Returns the number of bytes of the frames of requests in flight and of deferred requests.
    pub(super) fn bytes(&self) -> usize {
        self.bytes + self.channel.shared().deferrals.bytes()
    }

    /// Returns the number of requests in flight. Deferred requests do not count.
    pub(super) fn running(&self) -> usize {
        self.in_flight.len()
    }

    /// Whether a deferred response is awaited or about to be sent.
    pub(super) fn has_deferred(&self) -> bool {
        self.channel.shared().deferrals.awaits_responses()
    }

    /// Whether the service can still take requests, now or later.
    pub(super) fn has_service(&self) -> bool {
        self.service.is_some()
    }

    /// Polls whether the service can take one more request. Must be called only if there is a
    /// request to hand over. `unsent` is the number of responses that wait to be encoded.
    ///
    /// Returns an error if the service has failed. It is not polled again.
    pub(super) fn poll_ready(
        &mut self,
        cx: &mut Context<'_>,
        unsent: usize,
        config: &ConnectionConfig,
    ) -> Poll<Result<(), BoxError>> {
        let is_full = self.in_flight.len() + unsent >= config.max_in_flight.max(1);
        // After `Pending`, the service may hold a permit that others wait for, so polling goes on.
        if is_full && !self.awaits_readiness {
            return Poll::Pending;
        }
        if self.is_in_doubt && !has_budget_remaining() {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let Some(service) = &mut self.service else { return Poll::Pending };
        let ready = catch_panic(|| service.poll_ready(cx));
        self.awaits_readiness = matches!(ready, Ok(Poll::Pending));
        let error = match ready {
            Ok(Poll::Pending) => return Poll::Pending,
            Ok(Poll::Ready(Ok(()))) => return self.settle(cx),
            Ok(Poll::Ready(Err(error))) => error.into(),
            Err(panic) => format!("poll_ready panicked: {panic}").into(),
        };
        self.service = None;
        Poll::Ready(Err(error))
    }

    /// Doubts the readiness of a service that has used up the budget which tokio gives a task for one
    /// poll. A spent budget looks like "not ready", so a layer such as `LoadShed` would refuse the
    /// request. The service is asked again in the task's next poll, and then it is believed.
    fn settle(&mut self, cx: &Context<'_>) -> Poll<Result<(), BoxError>> {
        if self.is_in_doubt || has_budget_remaining() {
            self.is_in_doubt = false;
            return Poll::Ready(Ok(()));
        }
        self.is_in_doubt = true;
        self.awaits_readiness = true;
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// Hands a request to the service, which must be ready. Passes the response to `send` if the
    /// service responds at once. `bytes` is the length of the request's frame.
    pub(super) fn start(
        &mut self,
        mut request: RemotingCommand,
        bytes: usize,
        send: impl FnOnce(RemotingCommand) -> Result<(), CloseReason>,
    ) -> Result<(), CloseReason> {
        let Some(service) = &mut self.service else { return Ok(()) };
        let (slot, id) = self.in_flight.reserve(self.channel.shared());
        let (stamp, oneway) = (Stamp::of(&request), request.is_oneway());
        let parts = request.parts_mut();
        parts.channel = Some(Channel::new(lending::handle(self.channel.shared())));
        parts.exchange = if oneway { None } else { Some((id, stamp)) };
        let running = RunningRequest { id, stamp, code: request.code(), oneway, bytes };
        self.bytes += bytes;
        match self.in_flight.start(slot, running, || service.call(request)) {
            Poll::Ready(outcome) => self.end(running, outcome, send),
            Poll::Pending => Ok(()),
        }
    }

    /// Whether requests that were woken are not polled yet.
    pub(super) fn has_woken(&self) -> bool {
        self.in_flight.has_woken()
    }

    /// Polls the requests that were woken, and passes their responses to `send`. Stops when the
    /// task's budget is used up: then each further request would be polled in vain.
    pub(super) fn poll_woken(
        &mut self,
        cx: &Context<'_>,
        mut send: impl FnMut(RemotingCommand) -> Result<(), CloseReason>,
    ) -> Result<(), CloseReason> {
        self.in_flight.collect_woken(self.channel.shared());
        while self.in_flight.has_woken() {
            if !has_budget_remaining() {
                cx.waker().wake_by_ref();
                break;
            }
            if let Some(Poll::Ready((ended, outcome))) = self.in_flight.next_woken() {
                self.end(ended, outcome, &mut send)?;
            }
        }
        Ok(())
    }

    /// Ends a request whose future has finished, and passes its response, if any, to `send`.
    fn end(
        &mut self,
        RunningRequest { id, stamp, code, oneway, bytes }: RunningRequest,
        outcome: Outcome<Result<S::Response, S::Error>>,
        send: impl FnOnce(RemotingCommand) -> Result<(), CloseReason>,
    ) -> Result<(), CloseReason> {
        self.bytes -= bytes;
        let mut response = match outcome {
            Ok(Ok(reply)) => reply.into_command(),
            Ok(Err(error)) => Some(system_error(chain_text(&*error.into()))),
            Err(panic) => {
                tracing::error!(peer = %self.channel.peer_addr(), panic, "a processor panicked");
                Some(system_error(format!("the processor panicked: {panic}")))
            }
        };
        if oneway {
            return Ok(());
        }
        let shared = self.channel.shared();
        if !shared.failures.is_empty() {
            use_noted(shared.failures.take(id), &mut response);
        }
        let answered = response.as_ref().map(RemotingCommand::response_code);
        match shared.deferrals.service_ended(id, answered, bytes) {
            AtEnd::Send => {}
            AtEnd::Skip => {
                if response.is_some() {
                    self.log_second_answer(stamp.opaque);
                }
                return Ok(());
            }
            AtEnd::Discard => return Ok(()),
            AtEnd::Unanswered => response = Some(self.unanswered(stamp)),
        }
        // Both arms send, as joining them would move every response once more.
        match response {
            Some(mut response) => {
                stamp.put_on(&mut response);
                send(response)
            }
            None => {
                let mut response = no_answer(code, self.channel.peer_addr());
                stamp.put_on(&mut response);
                send(response)
            }
        }
    }

    /// Takes the response that a responder has sent. Returns `None` if the request was already
    /// answered.
    pub(super) fn take_deferred(
        &self,
        id: ExchangeId,
        mut response: RemotingCommand,
    ) -> Option<RemotingCommand> {
        let running = self.in_flight.is_running(id);
        if self.channel.shared().deferrals.take_response(id, &mut response, running) {
            return Some(response);
        }
        self.log_second_answer(response.opaque());
        None
    }

    /// Handles a dropped responder. Returns the error response to send, if any.
    pub(super) fn take_abandoned(&self, id: ExchangeId, stamp: Stamp) -> Option<RemotingCommand> {
        let running = self.in_flight.is_running(id);
        let send = self.channel.shared().deferrals.take_drop(id, running);
        send.then(|| self.unanswered(stamp))
    }

    fn log_second_answer(&self, opaque: i32) {
        let peer = self.channel.peer_addr();
        tracing::warn!(%peer, opaque, "a request was answered twice: the second response is dropped");
    }

    fn unanswered(&self, stamp: Stamp) -> RemotingCommand {
        let (peer, opaque) = (self.channel.peer_addr(), stamp.opaque);
        tracing::warn!(%peer, opaque, "a responder was dropped without a response");
        let mut response = system_error("the request was dropped unanswered".into());
        stamp.put_on(&mut response);
        response
    }

    /// Drops the service, which may hold or wait for permits of a limit that others share.
    pub(super) fn release_service(&mut self) {
        self.service = None;
    }

    pub(super) fn release_memory(&mut self) {
        self.in_flight.release();
    }
}
