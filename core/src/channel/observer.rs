//! Lets layers observe how a request is answered.

use super::deferral::Answered;
use super::exchange::{ExchangeId, Origin};
use super::shared::Shared;
use crate::command::{RemotingCommand, ResponseCode};
use std::sync::Arc;

/// Reports how a request is answered, even if the response is deferred. For layers that measure,
/// count or trace.
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
#[derive(Clone)]
pub struct ExchangeObserver {
    /// `None` for a oneway request, and for one that no connection received.
    exchange: Option<(Arc<Shared>, ExchangeId)>,
}

impl RemotingCommand {
    /// Returns an observer of the exchange that this request begins.
    #[must_use]
    pub fn exchange_observer(&self) -> ExchangeObserver {
        let exchange = self.origin.as_ref().and_then(|Origin { channel, exchange }| {
            exchange.map(|(id, _)| (Arc::clone(&channel.shared), id))
        });
        ExchangeObserver { exchange }
    }
}

impl ExchangeObserver {
    /// Calls `observer` with the result of the exchange: at once if it is known, otherwise in the
    /// connection's task when the deferred response is sent or the connection closes. `returned` is
    /// the code that the service returned, if any; a response that a responder sent earlier takes
    /// precedence.
    pub fn on_answered(
        self,
        returned: Option<ResponseCode>,
        observer: impl FnOnce(Answered) + Send + 'static,
    ) {
        match self.exchange {
            Some((shared, id)) => shared.deferrals.observe(id, returned, observer),
            None => observer(Answered { code: returned, deferred: false }),
        }
    }
}

impl std::fmt::Debug for ExchangeObserver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let channel = self.exchange.as_ref().map(|(shared, _)| shared);
        f.debug_struct("ExchangeObserver").field("channel", &channel).finish()
    }
}
