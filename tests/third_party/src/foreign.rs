//! Code of users that fits middleware from elsewhere: mapped errors, policies and factories.

use rocketmq_tower::error::find_source;
use rocketmq_tower::layers::recover::abort_for;
use rocketmq_tower::{Abort, BoxError, RemotingCommand, ResponseCode, Service};
use std::convert::Infallible;
use std::future::{Ready, ready};
use std::sync::Arc;
use std::task::{Context, Poll};
use tower::util::MapErrLayer;
use tower_resilience::bulkhead::BulkheadServiceError;
use tower_resilience::circuitbreaker::CircuitBreakerError;
use tower_resilience::coalesce::CoalesceError;
use tower_resilience::outlier::OutlierDetectionServiceError;
use tower_resilience::ratelimiter::RateLimiterServiceError;
use tower_resilience::timelimiter::TimeLimiterError;

/// An error that can be cloned, for layers that need one. Its source is the error inside, so that an
/// `Abort` is found.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct SharedError(#[source] Arc<dyn std::error::Error + Send + Sync>);

/// Makes the errors of the inner service cloneable.
pub(crate) fn cloneable_errors() -> MapErrLayer<fn(BoxError) -> SharedError> {
    MapErrLayer::new(|error| SharedError(error.into()))
}

/// Hides the sources of errors.
pub(crate) fn hide(error: BoxError) -> BoxError {
    format!("hidden: {error}").into()
}

macro_rules! is {
    ($error:expr, $($pattern:tt)+) => { matches!($error.downcast_ref(), Some($($pattern)+)) };
}

/// Knows the refusals of `tower-resilience`'s layers.
pub(crate) fn refusal(error: &BoxError) -> Option<Abort> {
    type Full<E> = BulkheadServiceError<E>;
    type Open<E> = CircuitBreakerError<E>;

    let busy = |why| Some(Abort::new(ResponseCode::SYSTEM_BUSY, why));
    if is!(error, Open::<BoxError>::OpenCircuit) || is!(error, Open::<Full<BoxError>>::OpenCircuit)
    {
        return busy("circuit open");
    }
    if is!(error, Full::<BoxError>::Bulkhead(_))
        || is!(error, Open::Inner(Full::<BoxError>::Bulkhead(_)))
    {
        return busy("bulkhead full");
    }
    if is!(error, RateLimiterServiceError::<BoxError>::RateLimited) {
        return busy("rate limit");
    }
    if is!(error, TimeLimiterError::<BoxError>::Timeout) {
        return busy("time limit");
    }
    if is!(error, OutlierDetectionServiceError::<BoxError>::OutlierDetection(_)) {
        return busy("outlier");
    }
    // The error of another exchange, whose abort this exchange's request did not cause.
    match error.downcast_ref()? {
        CoalesceError::<SharedError>::Service(shared) => abort_for(shared),
        _ => None,
    }
}

/// Turns refusals into aborts, for layers inside of one that hides errors.
pub(crate) fn refusals_as_aborts<E: Into<BoxError>>(error: E) -> BoxError {
    let error = error.into();
    match refusal(&error) {
        Some(abort) => abort.into(),
        None => error,
    }
}

/// Whether the processor refused the request itself.
pub(crate) fn is_abort(error: &BoxError) -> bool {
    find_source::<Abort>(&**error).is_some() || abort_for(&**error).is_some()
}

/// The answer of fallbacks.
pub(crate) fn fallback() -> RemotingCommand {
    RemotingCommand::response(ResponseCode::SUCCESS).with_remark("fallback")
}

/// Repeats a request that failed, once.
#[derive(Clone, Debug, Default)]
pub(crate) struct Twice {
    repeated: bool,
}

impl<Req: Clone, Res, E> tower::retry::Policy<Req, Res, E> for Twice {
    type Future = Ready<()>;

    fn retry(&mut self, _: &mut Req, result: &mut Result<Res, E>) -> Option<Ready<()>> {
        (result.is_err() && !std::mem::replace(&mut self.repeated, true)).then(|| ready(()))
    }

    fn clone_request(&mut self, request: &Req) -> Option<Req> {
        Some(request.clone())
    }
}

/// Hedges every request.
#[derive(Clone, Debug)]
pub(crate) struct Always;

impl<Req: Clone> tower::hedge::Policy<Req> for Always {
    fn clone_request(&self, request: &Req) -> Option<Req> {
        Some(request.clone())
    }

    fn can_retry(&self, _: &Req) -> bool {
        true
    }
}

/// Makes clones of a service, as a factory of connections makes connections.
#[derive(Clone, Debug)]
pub(crate) struct Make<S>(pub(crate) S);

impl<S: Clone> Service<()> for Make<S> {
    type Response = S;
    type Error = Infallible;
    type Future = Ready<Result<S, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, (): ()) -> Self::Future {
        ready(Ok(self.0.clone()))
    }
}
