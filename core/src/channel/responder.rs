//! Deferred responses.

use super::Channel;
use super::call::not_sent;
use super::call_error::CallError;
use super::deferral::Refusal;
use super::exchange::{ExchangeId, Origin, Stamp};
use super::inbox::Message;
use super::shared::Shared;
use crate::command::RemotingCommand;
use std::sync::Arc;

/// The right to answer one request later, for long polling.
///
/// [`RemotingCommand::defer`] creates it. The processor then returns `None`: the request no longer
/// counts as in flight, and its response may be sent from anywhere, in any order, while the
/// connection lasts. A request is answered exactly once: by [`send`](Self::send), or by the response
/// or error that the processor returns, whichever comes first. Dropping the responder without
/// either answers `SYSTEM_ERROR` and logs a warning.
///
/// Draining a connection waits for its responders; a peer that leaves does not. A connection has at
/// most [`ConnectionConfig::max_deferred`](crate::driver::ConnectionConfig::max_deferred) deferred
/// requests.
///
/// ```
/// # use rocketmq_tower_core::{BoxError, RemotingCommand, ResponseCode};
/// # use tokio::sync::mpsc::UnboundedSender;
/// use rocketmq_tower_core::channel::Responder;
///
/// async fn pull(
///     request: RemotingCommand,
///     parked: UnboundedSender<Responder>,
/// ) -> Result<Option<RemotingCommand>, BoxError> {
///     // The receiver calls `responder.send(RemotingCommand::response(ResponseCode::SUCCESS))`
///     // when there are messages.
///     parked.send(request.defer()?)?;
///     Ok(None)
/// }
/// ```
#[derive(Debug)]
#[must_use = "dropping a responder answers with an error"]
pub struct Responder {
    shared: Arc<Shared>,
    /// `None` for a oneway request, and once the responder was used.
    exchange: Option<(ExchangeId, Stamp)>,
}

/// Why a response cannot be deferred.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DeferError {
    /// The command is a response, or a request that no connection received.
    #[error("only a request that a connection received can be deferred")]
    NotARequest,
    /// The request, or a clone of it, was deferred before.
    #[error("the request is deferred already")]
    Already,
    /// The connection has as many deferred requests as it may have.
    #[error("{max} requests of the connection are deferred already")]
    TooMany {
        /// [`ConnectionConfig::max_deferred`](crate::driver::ConnectionConfig::max_deferred).
        max: usize,
    },
}

impl RemotingCommand {
    /// Takes over the response to this request, to send it later. Clones of a request share this
    /// right: the first one to use it wins. For a oneway request, the response is discarded.
    ///
    /// # Errors
    /// If no connection received this command, it or a clone was deferred before, or too many
    /// requests are deferred.
    pub fn defer(&self) -> Result<Responder, DeferError> {
        let Origin { channel, exchange } = self.origin.as_ref().ok_or(DeferError::NotARequest)?;
        let shared = Arc::clone(&channel.shared);
        if let Some((id, _)) = exchange {
            let max = shared.max_deferred();
            shared.deferrals.insert(*id, max).map_err(|refusal| match refusal {
                Refusal::Already => DeferError::Already,
                Refusal::TooMany => DeferError::TooMany { max },
            })?;
        }
        Ok(Responder { shared, exchange: *exchange })
    }
}

impl Responder {
    /// Sends the response.
    ///
    /// # Errors
    /// If the connection is closed.
    pub fn send(mut self, mut response: RemotingCommand) -> Result<(), CallError> {
        let Some((id, stamp)) = self.exchange.take() else { return Ok(()) };
        stamp.put_on(&mut response);
        self.shared.deferrals.responder_sends(id, response.response_code());
        let sent = self.shared.inbox.send(Message::Respond(id, response));
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
        let Some((id, stamp)) = self.exchange.take() else { return };
        self.shared.deferrals.responder_drops(id);
        // A closed connection takes no message and needs none.
        _ = self.shared.inbox.send(Message::Abandon(id, stamp));
    }
}
