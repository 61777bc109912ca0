//! Answers that come later.

use super::Channel;
use super::call::{CallError, not_sent};
use super::inbox::Message;
use super::shared::Shared;
use crate::command::{RemotingCommand, SerializeType};
use std::num::NonZeroU64;
use std::sync::Arc;

/// One exchange of one connection: the slot it ran in and how often that slot had been used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ExchangeId(NonZeroU64);

impl ExchangeId {
    pub(crate) fn new(slot: u32, turn: u32) -> Self {
        let id = NonZeroU64::new(u64::from(turn) << 32 | u64::from(slot));
        // Turns start at 1; when they come round, 1 follows.
        Self(id.unwrap_or(NonZeroU64::MIN))
    }

    pub(crate) fn slot(self) -> u32 {
        self.0.get() as u32
    }
}

/// What an answer has to repeat of its request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    pub(crate) opaque: i32,
    serialize_type: SerializeType,
}

impl Stamp {
    pub(crate) fn of(request: &RemotingCommand) -> Self {
        Self { opaque: request.opaque, serialize_type: request.serialize_type }
    }

    /// Makes `reply` the answer of the request that this was taken of.
    pub(crate) fn put_on(self, reply: &mut RemotingCommand) {
        reply.opaque = self.opaque;
        reply.serialize_type = self.serialize_type;
        reply.flag |= RemotingCommand::RESPONSE;
    }
}

/// The right to answer a request later. It goes with the original: clones of a request have none.
#[derive(Debug, Default)]
pub(crate) struct Ticket(Option<(ExchangeId, Stamp)>);

impl Ticket {
    pub(crate) fn new(id: ExchangeId, stamp: Stamp) -> Self {
        Self(Some((id, stamp)))
    }
}

impl Clone for Ticket {
    fn clone(&self) -> Self {
        Self(None)
    }
}

/// The right, and the duty, to answer one request later: for long polling.
///
/// [`RemotingCommand::defer`] makes one. The processor then returns `None` and the request takes up
/// no slot among those in flight any more; the answer may come from anywhere, in any order, as long
/// as the connection lasts. The request is answered exactly once: by [`send`](Self::send), or by
/// what the processor returns, be it an error, if that comes first. Should this be dropped without
/// either, the answer is `SYSTEM_ERROR`, and there is a line in the log.
///
/// While responders of a connection are about, draining it waits for them; the peer's leaving does
/// not. At most [`ConnectionConfig::max_deferred`](crate::driver::ConnectionConfig::max_deferred)
/// requests of a connection can be deferred at a time.
///
/// ```
/// # use rocketmq_tower_core::{BoxError, RemotingCommand, ResponseCode};
/// # use tokio::sync::mpsc::UnboundedSender;
/// use rocketmq_tower_core::connection::Responder;
///
/// async fn pull(
///     mut request: RemotingCommand,
///     parked: UnboundedSender<Responder>,
/// ) -> Result<Option<RemotingCommand>, BoxError> {
///     let responder = request.defer()?;
///     // Whoever has news calls `responder.send(RemotingCommand::response(ResponseCode::SUCCESS))`.
///     parked.send(responder)?;
///     Ok(None)
/// }
/// ```
#[derive(Debug)]
#[must_use = "dropping a responder answers with an error"]
pub struct Responder {
    shared: Arc<Shared>,
    stamp: Stamp,
    /// `None` when there is nothing to answer (any more).
    exchange: Option<ExchangeId>,
}

/// Why a request cannot be answered later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DeferError {
    /// The command is no request that came from a connection, is a clone of one, or has been
    /// deferred before.
    #[error("the command is no request that waits for an answer")]
    NotARequest,
    /// The connection has as many deferred requests as it may have.
    #[error("{max} requests of the connection wait for their answers already")]
    TooMany {
        /// The bound.
        max: usize,
    },
}

impl RemotingCommand {
    /// Takes over the answering of this request, to do it later. For a oneway request the answer
    /// goes nowhere.
    ///
    /// # Errors
    /// If this is no request from a connection, is a clone of it, was deferred before, or too many
    /// are.
    pub fn defer(&mut self) -> Result<Responder, DeferError> {
        let channel = self.channel.as_ref().ok_or(DeferError::NotARequest)?;
        let shared = Arc::clone(&channel.shared);
        if self.is_oneway() {
            return Ok(Responder { shared, stamp: Stamp::of(self), exchange: None });
        }
        let (id, stamp) = self.ticket.0.ok_or(DeferError::NotARequest)?;
        shared.add_deferred().map_err(|max| DeferError::TooMany { max })?;
        self.ticket = Ticket::default();
        // A connection that is gone takes no message, and needs none.
        _ = shared.inbox.send(Message::Defer(id));
        Ok(Responder { shared, stamp, exchange: Some(id) })
    }
}

impl Responder {
    /// Answers the request.
    ///
    /// # Errors
    /// If the connection is gone.
    pub fn send(mut self, mut reply: RemotingCommand) -> Result<(), CallError> {
        let Some(exchange) = self.exchange.take() else { return Ok(()) };
        self.stamp.put_on(&mut reply);
        self.shared.remove_deferred();
        let sent = self.shared.inbox.send(Message::Answer(exchange, reply));
        if sent { Ok(()) } else { Err(not_sent(&self.shared)) }
    }

    /// The connection that the request came from.
    #[must_use]
    pub fn channel(&self) -> Channel {
        Channel::new(Arc::clone(&self.shared))
    }
}

impl Drop for Responder {
    fn drop(&mut self) {
        let Some(exchange) = self.exchange.take() else { return };
        self.shared.remove_deferred();
        // A connection that is gone takes no message, and needs none.
        _ = self.shared.inbox.send(Message::Abandon(exchange, self.stamp));
    }
}
