//! The stages of a poll, in rounds.

use super::Driver;
use super::transport::Transport;
use crate::channel::{
    CLOSE, CallError, CloseReason, DRAIN, GivenUp, Message, OutgoingRequest, Stamp,
};
use crate::codec::{BoxedError, DecodeError};
use crate::command::{RemotingCommand, ResponseCode, remark};
use crate::error::{BoxError, chain_text};
use crate::reply::Reply;
use std::borrow::Cow;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite};
use tower_service::Service;

/// Maximum number of frames read per round, before responses are sent.
const FRAMES_PER_ROUND: usize = 32;

impl<Io, S> Driver<Io, S>
where
    Io: AsyncRead + AsyncWrite + Unpin,
    S: Service<RemotingCommand, Response: Reply, Error: Into<BoxError>>,
{
    /// Runs rounds until a round makes no progress, or `rounds` is used up.
    pub(super) fn poll_rounds(&mut self, cx: &mut Context<'_>, rounds: &mut usize) {
        while *rounds > 0 {
            *rounds -= 1;
            match self.poll_round(cx) {
                Ok(true) => {}
                Ok(false) => return,
                Err(reason) => self.close(reason),
            }
        }
        // The caller flushes and yields to other tasks. Then the driver is polled again.
        cx.waker().wake_by_ref();
    }

    /// Runs each stage once. Returns whether any has made progress.
    fn poll_round(&mut self, cx: &mut Context<'_>) -> Result<bool, CloseReason> {
        self.take_signals(cx)?;
        let mut moved = self.poll_in_flight(cx)?;
        moved |= self.poll_responses(cx)?;
        moved |= self.poll_admission(cx)?;
        moved |= self.poll_input(cx)?;
        // After reading: if the peer has closed its side, no request is sent in vain.
        moved |= self.poll_requests(cx)?;
        Ok(moved)
    }

    /// Handles messages and signals from the holders of the channel.
    fn take_signals(&mut self, cx: &mut Context<'_>) -> Result<(), CloseReason> {
        if self.mailbox.has_mail() {
            self.take_mail()?;
        }
        let signals = self.mailbox.signals();
        if signals & DRAIN != 0 && self.lifecycle.drain() {
            self.inbound.look_again();
        }
        match &mut self.transport {
            Some(transport) if signals & CLOSE != 0 => {
                // Encoded bytes are still sent, as far as that is possible without waiting.
                _ = transport.poll_flush(cx);
                Err(CloseReason::Aborted)
            }
            _ => Ok(()),
        }
    }

    fn take_mail(&mut self) -> Result<(), CloseReason> {
        let mut is_silent = false;
        let mut messages = self.mailbox.take();
        for message in messages.drain(..) {
            let response = match message {
                Message::Send(request) => {
                    self.take_request_of_this_side(request);
                    None
                }
                Message::Cancel(call) => {
                    is_silent |= self.give_up(call);
                    None
                }
                Message::Respond(id, response) => self.exchanges.take_deferred(id, response),
                Message::Abandon(id, stamp) => self.exchanges.take_abandoned(id, stamp),
            };
            if let Some(response) = response {
                self.outbound.push_response(response);
            }
        }
        self.mailbox.recycle(messages);
        if is_silent { Err(CloseReason::AnswerStalled) } else { Ok(()) }
    }

    /// Removes a call whose caller has given up. Returns whether the peer has been silent for too
    /// long.
    fn give_up(&mut self, call: GivenUp) -> bool {
        let was_reading = self.transport.as_ref().is_some_and(|io| self.waits_for_bytes(io));
        let (heard_before, Some(transport)) = (self.outbound.cancel(call), &self.transport) else {
            return false;
        };
        let heard = transport.heard();
        was_reading
            && heard_before == Some(heard)
            && self.channel().shared().silence.gave_up(heard) >= self.config.answer_stall
    }

    /// Queues a request of this side. Fails it if it can no longer be sent or, for a call, if no
    /// response can arrive.
    fn take_request_of_this_side(&mut self, request: OutgoingRequest) {
        let is_call = !request.is_oneway();
        if !self.lifecycle.may_send() || is_call && self.inbound.has_ended() {
            // Dropping the request fails the call.
            return;
        }
        // While the connection is drained, calls are allowed only if requests of the peer are left,
        // whose processors may need them.
        if is_call && self.lifecycle.is_draining() && !self.works_for_peer() {
            return request.fail(CallError::NotSent(self.lifecycle.reason_of_drain()));
        }
        self.outbound.push_request(request);
    }

    /// Whether requests of the peer are not answered yet.
    fn works_for_peer(&self) -> bool {
        !self.exchanges.is_idle() || self.inbound.has_requests() || self.exchanges.has_deferred()
    }

    /// Whether neither side owes the other a response.
    fn owes_nothing(&self) -> bool {
        self.outbound.has_no_calls() && !self.outbound.has_responses() && !self.works_for_peer()
    }

    fn poll_in_flight(&mut self, cx: &Context<'_>) -> Result<bool, CloseReason> {
        if !self.mailbox.has_woken_requests() && !self.exchanges.has_woken() {
            return Ok(false);
        }
        let Self { exchanges, outbound, transport, .. } = self;
        match transport {
            Some(transport) => {
                exchanges.poll_woken(cx, |response| outbound.send_response(transport, response))?;
            }
            None => exchanges.poll_woken(cx, |_| Ok(()))?,
        }
        Ok(true)
    }

    fn poll_responses(&mut self, cx: &mut Context<'_>) -> Result<bool, CloseReason> {
        let Some(transport) = &mut self.transport else { return Ok(false) };
        self.outbound.poll_responses(cx, transport)
    }

    fn poll_requests(&mut self, cx: &mut Context<'_>) -> Result<bool, CloseReason> {
        let Some(transport) = &mut self.transport else { return Ok(false) };
        self.outbound.poll_requests(cx, transport)
    }

    /// Hands queued requests to the service while it is ready.
    fn poll_admission(&mut self, cx: &mut Context<'_>) -> Result<bool, CloseReason> {
        let mut moved = false;
        while self.inbound.has_requests() && self.poll_service(cx)? {
            if let Some((request, bytes)) = self.inbound.pop() {
                self.start(request, bytes)?;
            }
            moved = true;
        }
        Ok(moved)
    }

    /// Reads frames while there is room for the requests and responses that they lead to.
    fn poll_input(&mut self, cx: &mut Context<'_>) -> Result<bool, CloseReason> {
        if self.transport.as_ref().is_some_and(Transport::is_starved) {
            return Ok(false);
        }
        self.account.wait_no_more();
        for turn in 0..FRAMES_PER_ROUND {
            let Some(transport) = &self.transport else { return Ok(turn > 0) };
            let (inbound, outbound, config) = (&self.inbound, &self.outbound, &*self.config);
            if !inbound.may_read(transport, outbound, config) {
                return Ok(turn > 0);
            }
            let leave_unread = inbound.leaves_unread(&self.lifecycle, outbound);
            if leave_unread {
                self.over = None;
            } else if !self.may_hold_more(cx) {
                return Ok(turn > 0);
            }
            let Some(transport) = &mut self.transport else { return Ok(turn > 0) };
            match self.inbound.poll_frame(cx, transport, leave_unread) {
                Poll::Pending if self.inbound.is_exhausted() => return Ok(turn > 0),
                // There may be more of this frame.
                Poll::Pending => {}
                Poll::Ready(frame) => self.take_frame(cx, frame)?,
            }
        }
        Ok(true)
    }

    fn take_frame(
        &mut self,
        cx: &mut Context<'_>,
        frame: Option<Result<RemotingCommand, BoxedError>>,
    ) -> Result<(), CloseReason> {
        match frame {
            Some(Ok(command)) if command.is_response() => {
                self.inbound.saw_response(&command);
                self.outbound.take_response(command);
            }
            Some(Ok(command)) => return self.take_request(cx, command),
            Some(Err(BoxedError(error))) => match *error {
                DecodeError::Io(error) => return Err(CloseReason::Io(Arc::new(error))),
                error => {
                    let by_peer = matches!(error, DecodeError::EndInFrame { .. });
                    self.end_input(by_peer, CloseReason::Protocol(Arc::new(error)));
                }
            },
            // The peer left because it was sent away, or would have been.
            None if self.lifecycle.is_draining() && self.owes_nothing() => {
                self.end_input(true, CloseReason::Drained);
            }
            None => self.end_input(true, CloseReason::PeerClosed),
        }
        Ok(())
    }

    /// Stops reading, which fails all calls that wait for responses. Requests in flight are
    /// finished.
    fn end_input(&mut self, by_peer: bool, reason: CloseReason) {
        self.inbound.end(by_peer);
        self.lifecycle.finish(reason, &self.config);
        self.outbound.fail_calls();
    }

    /// Refuses a request, hands it to the service, or queues it until the service is ready for it.
    fn take_request(
        &mut self,
        cx: &mut Context<'_>,
        request: RemotingCommand,
    ) -> Result<(), CloseReason> {
        let draining = self.lifecycle.is_draining();
        self.inbound.saw_request(&request, draining);
        if draining && request.version().knows_go_away() {
            self.lifecycle.sent_away(&self.config);
            self.refuse(&request, ResponseCode::GO_AWAY, remark::GO_AWAY)?;
            return self.check_flood(cx);
        }
        if self.inbound.is_full(&self.config) || self.over.is_some() {
            self.refuse(&request, ResponseCode::SYSTEM_BUSY, remark::OVERLOAD)?;
            return self.check_flood(cx);
        }
        let bytes = self.transport.as_ref().map_or(0, Transport::last_frame);
        if !self.inbound.has_requests() && self.poll_service(cx)? {
            return self.start(request, bytes);
        }
        self.inbound.push(request, bytes);
        if !self.exchanges.has_service() {
            self.refuse_queued()?;
        }
        Ok(())
    }

    /// Answers a request without calling the service.
    fn refuse(
        &mut self,
        request: &RemotingCommand,
        code: ResponseCode,
        text: impl Into<Cow<'static, str>>,
    ) -> Result<(), CloseReason> {
        if request.is_oneway() {
            return Ok(());
        }
        let mut response = RemotingCommand::response(code).with_remark(text);
        Stamp::of(request).put_on(&mut response);
        self.send(response)
    }

    /// Closes the connection if the peer sends requests without reading the responses. This happens
    /// only to clients: a server stops reading earlier.
    fn check_flood(&mut self, cx: &mut Context<'_>) -> Result<(), CloseReason> {
        if self.outbound.unsent_responses() > self.config.max_in_flight {
            self.poll_responses(cx)?;
            if self.outbound.unsent_responses() > self.config.max_in_flight {
                return Err(CloseReason::Flooded);
            }
        }
        Ok(())
    }

    /// Whether the service can take one more request. Must be called only if there is a request for
    /// it.
    #[inline]
    fn poll_service(&mut self, cx: &mut Context<'_>) -> Result<bool, CloseReason> {
        let unsent = self.outbound.unsent_responses();
        match self.exchanges.poll_ready(cx, unsent, &self.config) {
            Poll::Pending => Ok(false),
            Poll::Ready(Ok(())) => Ok(true),
            Poll::Ready(Err(error)) => {
                self.service_failed(error)?;
                Ok(false)
            }
        }
    }

    /// Handles the failure of the service: refuses the queued requests, and finishes the
    /// connection.
    #[cold]
    fn service_failed(&mut self, error: BoxError) -> Result<(), CloseReason> {
        let (peer, text) = (self.channel().peer_addr(), chain_text(&*error));
        tracing::error!(%peer, error = text, "the request service failed");
        self.end_input(false, CloseReason::Service(error.into()));
        self.refuse_queued()
    }

    fn refuse_queued(&mut self) -> Result<(), CloseReason> {
        let text = std::error::Error::source(&self.lifecycle.reason()).map(chain_text);
        while let Some((request, _)) = self.inbound.pop() {
            let text = text.clone().unwrap_or_default();
            self.refuse(&request, ResponseCode::SYSTEM_ERROR, text)?;
        }
        Ok(())
    }

    /// Hands a request to the service, which must be ready.
    fn start(&mut self, request: RemotingCommand, bytes: usize) -> Result<(), CloseReason> {
        let Self { exchanges, outbound, transport, .. } = self;
        let Some(transport) = transport else { return Ok(()) };
        exchanges.start(request, bytes, |response| outbound.send_response(transport, response))
    }

    fn send(&mut self, response: RemotingCommand) -> Result<(), CloseReason> {
        let Some(transport) = &mut self.transport else { return Ok(()) };
        self.outbound.send_response(transport, response)
    }

    pub(super) fn is_writable(&self) -> bool {
        self.transport.as_ref().is_some_and(Transport::is_writable)
    }

    /// Writes the encoded bytes.
    pub(super) fn poll_flush(&mut self, cx: &mut Context<'_>) {
        let Some(transport) = &mut self.transport else { return };
        if let Poll::Ready(Err(error)) = transport.poll_flush(cx) {
            self.close(CloseReason::Io(Arc::new(error)));
        }
    }

    /// Shuts the connection down when everything is answered and sent.
    pub(super) fn poll_end(&mut self, cx: &mut Context<'_>) {
        // In this order: whether it is done may take the lock of the deferred requests.
        let may_shut_down = self.lifecycle.is_finishing() && self.is_done();
        let Some(transport) = &mut self.transport else { return };
        if may_shut_down && transport.is_flushed() {
            self.lifecycle.shut_down(&self.config);
            self.inbound.end(false);
            transport.end_writing();
        }
        let peer_has_ended = self.inbound.peer_has_ended();
        if self.lifecycle.poll_closing(cx, transport, peer_has_ended).is_ready() {
            self.close(CloseReason::Aborted);
        }
    }

    fn is_done(&mut self) -> bool {
        if self.mailbox.has_mail() || self.outbound.has_responses() {
            return false;
        }
        if self.lifecycle.grace_is_over() {
            return true;
        }
        let works = self.works_for_peer();
        // After the peer has closed its side, deferred responses are not waited for.
        if self.inbound.peer_has_ended() {
            return self.exchanges.is_idle() && !self.inbound.has_requests();
        }
        if self.lifecycle.is_draining() {
            self.lifecycle.watch_farewell(works, &self.config);
        }
        !works
            && self.inbound.is_exhausted()
            && self.outbound.has_no_calls()
            && (self.lifecycle.farewell_is_over() || !self.inbound.expects_requests())
    }

    /// Closes the connection if the peer took too long. Returns whether a timer has fired.
    pub(super) fn poll_watchdog(&mut self, cx: &mut Context<'_>) -> bool {
        let Some(transport) = &self.transport else { return false };
        let (reading, deadlines) = (self.waits_for_bytes(transport), self.account.deadlines());
        let expired = self.lifecycle.poll_watchdog(cx, transport, reading, deadlines, &self.config);
        match expired {
            Ok(false) => return false,
            Ok(true) => self.account.give_up_if_due(self.reader()),
            Err(reason) => self.close(reason),
        }
        true
    }

    /// Whether the connection reads, and the last attempt found nothing. If not, bytes of the peer may
    /// be unread.
    fn waits_for_bytes(&self, transport: &Transport<Io>) -> bool {
        let (inbound, outbound) = (&self.inbound, &self.outbound);
        inbound.is_empty()
            && inbound.may_read(transport, outbound, &self.config)
            && !inbound.leaves_unread(&self.lifecycle, outbound)
            && (self.over.is_none() || inbound.must_read(outbound))
    }
}
