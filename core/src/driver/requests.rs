//! Requests: to the service, and what comes of them.

use super::in_flight::{Deferral, Exchange, Outcome};
use super::{Driver, READY};
use crate::command::{RemotingCommand, ResponseCode, remark};
use crate::connection::{CloseReason, Stamp, Ticket};
use crate::error::{BoxError, catch_panic, chain_text};
use crate::reply::Reply;
use std::borrow::Cow;
use std::error::Error as _;
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
    /// Refuses a request, hands it to the service, or keeps it until the service is ready.
    pub(super) fn take_request(&mut self, cx: &mut Context<'_>, mut request: RemotingCommand) {
        self.peer_version = Some(request.version());
        if self.draining.is_some() && request.version().knows_go_away() {
            self.answer(&request, ResponseCode::GO_AWAY, remark::GO_AWAY);
            return self.check_flood(cx);
        }
        if self.requests.len() >= self.max_queued_requests() {
            self.answer(&request, ResponseCode::SYSTEM_BUSY, remark::OVERLOAD);
            return self.check_flood(cx);
        }
        request.channel = Some(self.channel.clone());
        if self.requests.is_empty() && self.poll_service(cx) {
            self.run(request);
        } else {
            self.requests.push_back(request);
            if self.service.is_none() {
                self.fail_requests();
            }
        }
    }

    /// Answers without asking the service.
    fn answer(
        &mut self,
        request: &RemotingCommand,
        code: ResponseCode,
        text: impl Into<Cow<'static, str>>,
    ) {
        if request.is_oneway() {
            return;
        }
        let mut reply = RemotingCommand::response(code).with_remark(text);
        Stamp::of(request).put_on(&mut reply);
        self.send_reply(reply);
    }

    /// Cuts the peer off if it asks on without reading. Only a client gets that far: a server would
    /// not have read on.
    fn check_flood(&mut self, cx: &mut Context<'_>) {
        if self.replies.len() > self.config.max_in_flight {
            self.poll_replies(cx);
            if self.replies.len() > self.config.max_in_flight {
                self.gone(CloseReason::Flooded);
            }
        }
    }

    /// Hands requests that wait to the service.
    pub(super) fn poll_admit(&mut self, cx: &mut Context<'_>) -> bool {
        let mut moved = false;
        while !self.requests.is_empty() && self.poll_service(cx) {
            if let Some(request) = self.requests.pop_front() {
                self.run(request);
            }
            moved = true;
        }
        moved
    }

    /// Whether the service, and the bound on what is in flight, allow one more request. To be asked
    /// with one in hand.
    fn poll_service(&mut self, cx: &mut Context<'_>) -> bool {
        // Once asked, it may have been given a permit that others wait for: it has to go on.
        let full = self.in_flight.len() + self.replies.len() >= self.config.max_in_flight.max(1);
        if full && !self.asked {
            return false;
        }
        let Some(service) = &mut self.service else { return false };
        let ready = catch_panic(|| service.poll_ready(cx));
        self.asked = matches!(ready, Ok(Poll::Pending));
        match ready {
            Ok(Poll::Pending) => false,
            Ok(Poll::Ready(Ok(()))) => true,
            Ok(Poll::Ready(Err(error))) => {
                self.service_failed(error.into());
                false
            }
            Err(panic) => {
                self.service_failed(format!("poll_ready panicked: {panic}").into());
                false
            }
        }
    }

    /// The service takes no request any more: the peer learns it, and the connection ends.
    fn service_failed(&mut self, error: BoxError) {
        let (peer, text) = (self.channel.peer_addr(), chain_text(&*error));
        tracing::error!(%peer, error = text, "the request service failed");
        self.service = None;
        self.end_input(CloseReason::Service(error.into()));
        self.fail_requests();
    }

    fn fail_requests(&mut self) {
        let reason = self.end.shared.reason().and_then(|reason| reason.source());
        let text = reason.map(chain_text).unwrap_or_default();
        for request in std::mem::take(&mut self.requests) {
            self.answer(&request, ResponseCode::SYSTEM_ERROR, text.clone());
        }
    }

    /// Gives one request to the service, which is ready for it.
    fn run(&mut self, mut request: RemotingCommand) {
        let Some(service) = &mut self.service else { return };
        let (slot, id) = self.in_flight.reserve(&self.end.shared);
        let stamp = Stamp::of(&request);
        let oneway = request.is_oneway();
        if !oneway {
            request.ticket = Ticket::new(id, stamp);
        }
        let exchange = Exchange { id, stamp, oneway, deferral: Deferral::Open };
        let started = self.in_flight.start(slot, exchange, || service.call(request));
        if let Poll::Ready((exchange, outcome)) = started {
            self.finish(exchange, outcome);
        }
    }

    /// Polls the requests that were woken.
    pub(super) fn poll_in_flight(&mut self) -> bool {
        if self.end.shared.inbox.bits() & READY == 0 {
            return false;
        }
        self.in_flight.collect_woken(&self.end.shared);
        while let Some(polled) = self.in_flight.next_woken() {
            if let Poll::Ready((exchange, outcome)) = polled {
                self.finish(exchange, outcome);
            }
        }
        true
    }

    /// A request has come to its end; its answer is to be written.
    fn finish(&mut self, exchange: Exchange, outcome: Outcome<Result<S::Response, S::Error>>) {
        let reply = match outcome {
            Ok(Ok(reply)) => reply.into_command(),
            Ok(Err(error)) => Some(failure(chain_text(&*error.into()))),
            Err(panic) => {
                tracing::error!(peer = %self.channel.peer_addr(), panic, "a processor panicked");
                Some(failure(format!("the processor panicked: {panic}")))
            }
        };
        let mut reply = match (self.deferral(&exchange), reply) {
            (Deferral::Answered, Some(_)) if self.transport.is_some() => {
                tracing::warn!(peer = %self.channel.peer_addr(), "a request was answered twice");
                return;
            }
            (Deferral::Abandoned, None) => self.unanswered(exchange.stamp),
            (_, None) => return,
            (_, Some(reply)) => reply,
        };
        if exchange.oneway {
            return;
        }
        // The responder comes too late, if there is one.
        if !self.deferred.is_empty() {
            self.deferred.remove(&exchange.id);
        }
        exchange.stamp.put_on(&mut reply);
        self.send_reply(reply);
    }
}

/// The answer for what no layer turned into one.
pub(super) fn failure(text: String) -> RemotingCommand {
    RemotingCommand::response(ResponseCode::SYSTEM_ERROR).with_remark(text)
}
