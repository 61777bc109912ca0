//! Lets layers observe how a request is answered.

use super::deferral::Answered;
use super::exchange::ExchangeId;
use super::lending;
use super::shared::Shared;
use super::{Addr, Channel};
use crate::command::{RemotingCommand, ResponseCode};
use crate::error::Abort;
use std::sync::Arc;

/// Reports how a request is answered, even if the response is deferred. For layers that measure,
/// count or trace.
///
/// The default observes no exchange.
///
/// A layer takes it from the request, and uses it when the inner service has returned:
///
/// ```
/// use rocketmq_tower_core::channel::ExchangeObserver;
/// use rocketmq_tower_core::{BoxError, RemotingCommand};
/// use tower_service::Service;
///
/// async fn log_code<S>(mut inner: S, request: RemotingCommand) -> Result<Option<RemotingCommand>, BoxError>
/// where
///     S: Service<RemotingCommand, Response = Option<RemotingCommand>, Error = BoxError>,
/// {
///     let observer: ExchangeObserver = request.exchange_observer();
///     let response = inner.call(request).await?;
///     observer.on_answered(response.as_ref().map(RemotingCommand::response_code), |answered| {
///         println!("answered with {:?}, deferred: {}", answered.code, answered.deferred);
///     });
///     Ok(response)
/// }
/// ```
#[derive(Clone, Default)]
pub struct ExchangeObserver {
    /// `None` for a request that no connection received; without an id for a oneway request.
    origin: Option<(Arc<Shared>, Option<ExchangeId>)>,
}

impl RemotingCommand {
    /// Returns an observer of the exchange that this request begins.
    #[must_use]
    #[inline]
    pub fn exchange_observer(&self) -> ExchangeObserver {
        let parts = self.parts();
        let origin = parts
            .channel
            .as_ref()
            .map(|channel| (lending::handle(&channel.shared), parts.exchange.map(|(id, _)| id)));
        ExchangeObserver { origin }
    }
}

impl ExchangeObserver {
    /// Returns the channel that the request was received on, or `None` if it was created locally.
    #[must_use]
    pub fn channel(&self) -> Option<Channel> {
        self.origin.as_ref().map(|(shared, _)| Channel::new(Arc::clone(shared)))
    }

    /// Returns the address of the request's sender, or `None` if the request was created locally.
    #[must_use]
    #[inline]
    pub fn peer_addr(&self) -> Option<&Addr> {
        self.origin.as_ref().map(|(shared, _)| &shared.info().peer_addr)
    }

    /// Returns the exchange, if the request wants a response.
    #[inline]
    fn exchange(&self) -> Option<(&Shared, ExchangeId)> {
        let (shared, id) = self.origin.as_ref()?;
        Some((shared, (*id)?))
    }

    /// Calls `observer` with the result of the exchange: at once if it is known, otherwise in the
    /// connection's task when the exchange ends or the connection closes. `returned` is the code that
    /// the service returned, if any; a response that a responder sent earlier takes precedence.
    pub fn on_answered(
        self,
        returned: Option<ResponseCode>,
        observer: impl FnOnce(Answered) + Send + 'static,
    ) {
        match self.exchange() {
            Some((shared, id)) => {
                let observer = |answered, _: Option<&RemotingCommand>| observer(answered);
                shared.deferrals.observe(id, returned, observer, shared.max_deferred());
            }
            None => observer(Answered { code: returned, deferred: false }),
        }
    }

    /// Calls `observer` with the response: at once if the service has returned it, otherwise in the
    /// connection's task when a responder has sent it. It is not called if there is no response, or if
    /// the responder has sent it while the service was still running.
    ///
    /// For layers that look into responses, such as pulls, of which those that wait for messages
    /// are deferred.
    pub fn on_response(
        self,
        returned: Option<&RemotingCommand>,
        observer: impl FnOnce(&RemotingCommand) + Send + 'static,
    ) {
        match (returned, self.exchange()) {
            (Some(response), _) => observer(response),
            (None, None) => {}
            (None, Some((shared, id))) => {
                let observer = |_, response: Option<&RemotingCommand>| {
                    if let Some(response) = response {
                        observer(response);
                    }
                };
                shared.deferrals.observe(id, None, observer, shared.max_deferred());
            }
        }
    }

    /// Calls `observer` like [`on_answered`](Self::on_answered), for a service that has failed with
    /// an error whose response an outer layer decides: when the exchange ends, with the code that
    /// the peer gets. An exchange that no connection received is told `SYSTEM_ERROR` at once.
    pub fn on_failed(self, observer: impl FnOnce(Answered) + Send + 'static) {
        match self.exchange() {
            Some(_) => self.on_answered(None, observer),
            None => {
                let code = Some(ResponseCode::SYSTEM_ERROR);
                observer(Answered { code, deferred: false });
            }
        }
    }

    /// Notes the abort that this exchange has run into, instead of an earlier one. If an outer layer
    /// hides the error, and the response turns out to be a
    /// [stand-in](RemotingCommand::set_stand_in), the driver answers with the noted code and remark.
    pub fn note_abort(&self, abort: Abort) {
        if let Some((shared, id)) = self.exchange() {
            shared.failures.note(id, abort);
        }
    }

    /// Forgets the noted abort, if any: the request is tried again.
    #[inline]
    pub fn forget_abort(&self) {
        if let Some((shared, id)) = self.exchange() {
            if !shared.failures.is_empty() {
                shared.failures.take(id);
            }
        }
    }
}

impl Drop for ExchangeObserver {
    #[inline]
    fn drop(&mut self) {
        if let Some((shared, _)) = self.origin.take() {
            lending::give_back(shared);
        }
    }
}

impl std::fmt::Debug for ExchangeObserver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let channel = self.origin.as_ref().map(|(shared, _)| shared);
        f.debug_struct("ExchangeObserver").field("channel", &channel).finish()
    }
}
