//! Deferred responses.

use super::Channel;
use super::call::not_sent;
use super::call_error::CallError;
use super::deferral::Refusal;
use super::exchange::{ExchangeId, Stamp};
use super::inbox::Message;
use super::shared::Shared;
use crate::command::RemotingCommand;
use std::fmt;
use std::sync::Arc;

/// Sends the response to one request later, for long polling.
///
/// [`RemotingCommand::defer`] creates it. The processor then returns `None`, and the request no
/// longer counts as in flight. The response may be sent from any task, in any order, while the
/// connection is open. A request is answered exactly once: by [`send`](Self::send), or by the
/// response or error that the processor returns, whichever comes first. If the responder is dropped
/// and the processor has returned `None`, the driver answers `SYSTEM_ERROR` and logs a warning.
/// [`discard`](Self::discard) ends the exchange without a response.
///
/// Draining a connection waits for its responders. When the peer closes its side, the connection
/// does not wait for them. A connection has at most
/// [`ConnectionConfig::max_deferred`](crate::driver::ConnectionConfig::max_deferred) deferred
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
#[must_use = "dropping a responder answers with an error"]
pub struct Responder {
    shared: Arc<Shared>,
    /// `None` for a oneway request, and after the responder was used.
    exchange: Option<(ExchangeId, Stamp)>,
}

/// Why a response cannot be deferred.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DeferError {
    /// The command is a response, or a request that no connection received.
    #[error("only a request that a connection received can be deferred")]
    NotARequest,
    /// The request, or a clone of it, was already deferred.
    #[error("the request was already deferred")]
    Already,
    /// The connection has its maximum number of deferred requests.
    #[error("the connection already has {max} deferred requests")]
    TooMany {
        /// The limit,
        /// [`ConnectionConfig::max_deferred`](crate::driver::ConnectionConfig::max_deferred).
        max: usize,
    },
}

impl RemotingCommand {
    /// Defers the response to this request: returns a [`Responder`] that sends it later. Of a
    /// request and its clones, only the first that calls `defer` succeeds. The responder of a
    /// oneway request discards its response.
    ///
    /// # Errors
    /// If no connection received this command, if it or a clone was already deferred, or if the
    /// connection has its maximum number of deferred requests.
    pub fn defer(&self) -> Result<Responder, DeferError> {
        let channel = self.channel().ok_or(DeferError::NotARequest)?;
        let (shared, exchange) = (Arc::clone(&channel.shared), self.parts().exchange);
        if let Some((id, _)) = exchange {
            let max = shared.max_deferred();
            shared.deferrals.insert(id, max).map_err(|refusal| match refusal {
                Refusal::Already => DeferError::Already,
                Refusal::TooMany => DeferError::TooMany { max },
            })?;
        }
        Ok(Responder { shared, exchange })
    }
}

impl RemotingCommand {
    /// Lets `change` see the response to this request before it is written, and change it, if a
    /// [`Responder`] sends it: for layers that change responses, and see none when the inner service
    /// defers it. Call it before the inner service. It does nothing for a response that the service
    /// returns, and for a oneway request.
    ///
    /// It takes a place among the deferred requests of the connection until the request ends.
    ///
    /// # Errors
    /// If the connection has its maximum number of deferred requests: `change` would not be called.
    pub fn on_deferred(
        &self,
        change: impl FnOnce(&mut RemotingCommand) + Send + 'static,
    ) -> Result<(), DeferError> {
        let (Some(channel), Some((id, _))) = (self.channel(), self.parts().exchange) else {
            return Ok(());
        };
        let max = channel.shared.max_deferred();
        let filtered = channel.shared.deferrals.filter(id, Box::new(change), max);
        filtered.map_err(|_| DeferError::TooMany { max })
    }
}

impl Responder {
    /// Sends the response. Does not wait until it is written.
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

    /// Ends the exchange without a response. The caller's timeout elapses. If the processor returns
    /// a response or an error later, it is dropped.
    ///
    /// For requests that turn out to need no response, and to simulate lost ones.
    pub fn discard(mut self) {
        let Some((id, stamp)) = self.exchange.take() else { return };
        self.shared.deferrals.responder_discards(id);
        // Wakes the driver, which may be draining. Fails if the connection is closed.
        _ = self.shared.inbox.send(Message::Abandon(id, stamp));
    }

    /// Returns the connection that the request came from.
    pub fn channel(&self) -> Channel {
        Channel::new(Arc::clone(&self.shared))
    }
}

impl Drop for Responder {
    fn drop(&mut self) {
        let Some((id, stamp)) = self.exchange.take() else { return };
        self.shared.deferrals.responder_drops(id);
        // Fails if the connection is closed: then there is nothing left to answer.
        _ = self.shared.inbox.send(Message::Abandon(id, stamp));
    }
}

impl fmt::Debug for Responder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let opaque = self.exchange.map(|(_, stamp)| stamp.opaque);
        f.debug_struct("Responder").field("channel", &self.shared).field("opaque", &opaque).finish()
    }
}
