//! Requests that are answered later, or turn out to have been.

use super::Driver;
use super::in_flight::{Deferral, Exchange};
use super::requests::failure;
use crate::command::RemotingCommand;
use crate::connection::{ExchangeId, MAIL, Stamp};
use crate::error::BoxError;
use crate::reply::Reply;
use tokio::io::{AsyncRead, AsyncWrite};
use tower_service::Service;

impl<Io, S> Driver<Io, S>
where
    Io: AsyncRead + AsyncWrite + Unpin,
    S: Service<RemotingCommand>,
    S::Response: Reply,
    S::Error: Into<BoxError>,
{
    /// A responder has answered.
    pub(super) fn take_answer(&mut self, id: ExchangeId, reply: RemotingCommand) {
        if self.deferred.remove(&id) {
            self.mark(id, Deferral::Answered);
            self.replies.push_back(reply);
        } else if self.transport.is_some() {
            tracing::warn!(opaque = reply.opaque(), "a request was answered twice");
        }
    }

    /// A responder was dropped. What the processor returns counts, if it still runs.
    pub(super) fn take_abandoned(&mut self, id: ExchangeId, stamp: Stamp) {
        if self.deferred.remove(&id) && !self.mark(id, Deferral::Abandoned) {
            let reply = self.unanswered(stamp);
            self.replies.push_back(reply);
        }
    }

    /// Notes what became of a responder, if its request still runs.
    fn mark(&mut self, id: ExchangeId, deferral: Deferral) -> bool {
        match &mut self.finishing {
            Some((finishing, found)) if *finishing == id => {
                *found = deferral;
                true
            }
            _ => self.in_flight.mark(id, deferral),
        }
    }

    /// What the responder of a request has done by the time its processor is done.
    pub(super) fn deferral(&mut self, exchange: &Exchange) -> Deferral {
        if exchange.oneway || self.end.shared.inbox.bits() & MAIL == 0 {
            return exchange.deferral;
        }
        self.finishing = Some((exchange.id, exchange.deferral));
        self.take_mail();
        self.finishing.take().map_or(exchange.deferral, |(_, found)| found)
    }

    /// The answer of a request that nobody will answer any more.
    pub(super) fn unanswered(&self, stamp: Stamp) -> RemotingCommand {
        let (peer, opaque) = (self.channel.peer_addr(), stamp.opaque);
        tracing::warn!(%peer, opaque, "a deferred request was dropped unanswered");
        let mut reply = failure("the request was dropped unanswered".into());
        stamp.put_on(&mut reply);
        reply
    }
}
