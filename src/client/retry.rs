//! A retry policy for calls that no server has processed.

use super::InvokeError;
use rocketmq_tower_core::BoxError;
use rocketmq_tower_core::error::find_source;
use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Sleep, sleep};
use tower::retry::Policy;

/// A policy of tower's [`Retry`](tower::retry::Retry). It repeats calls that no server can have
/// acted on (see [`InvokeError::is_unprocessed`]), unless they would fail in the same way again.
///
/// It does not repeat other calls: only the caller knows whether processing a request twice does
/// harm.
///
/// ```
/// use rocketmq_tower::client::{Client, RetryUnprocessed};
/// use rocketmq_tower::ServiceBuilder;
/// use std::time::Duration;
///
/// let policy = RetryUnprocessed::attempts(3).backoff(Duration::from_millis(50), Duration::from_secs(1));
/// let client = ServiceBuilder::new().retry(policy).service(Client::new());
/// ```
///
/// # Around other middleware
///
/// It is a policy for services whose error is [`InvokeError`] or [`BoxError`]. It finds the client's
/// error in the chain of [sources](std::error::Error::source) of a boxed error. Below it, convert the
/// errors of middleware with an error type of its own; and let [`when`](Self::when) recognize the
/// errors of middleware that refuses calls, such as an open circuit breaker, or hides the source.
///
/// ```
/// use rocketmq_tower::client::{Client, RetryUnprocessed};
/// use rocketmq_tower::{BoxError, ServiceBuilder};
/// use tower::load_shed::error::Overloaded;
///
/// # #[derive(Debug)]
/// # struct BreakerError;
/// # impl std::fmt::Display for BreakerError {
/// #     fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.write_str("open") }
/// # }
/// # impl std::error::Error for BreakerError {}
/// # let breaker = tower::util::MapErrLayer::new(|_: BoxError| BreakerError);
/// let policy = RetryUnprocessed::attempts(3).when(|error| error.is::<BreakerError>() || error.is::<Overloaded>());
/// let client = ServiceBuilder::new()
///     .retry(policy)
///     .map_err(BoxError::from)
///     .layer(breaker)
///     .load_shed()
///     .service(Client::new());
/// # fn is_service(_: impl tower::Service<(rocketmq_tower::Addr, rocketmq_tower::RemotingCommand)>) {}
/// # is_service(client);
/// ```
///
/// # Around an endpoint
///
/// An [`Endpoint`](super::Endpoint) of a server that is down does not fail: it is not ready, and
/// `Retry` waits for it. To go on to another server, put the policy around a `Balance` over endpoints,
/// around [`NameServers`](super::NameServers), or around the [`Client`](super::Client), which fails
/// when it cannot connect. `Retry` clones its service, so a `Balance` needs a `Buffer` around it.
///
/// ```
/// use rocketmq_tower::client::{Client, RetryUnprocessed};
/// use rocketmq_tower::ServiceBuilder;
/// use tower::balance::p2c::Balance;
/// use tower::discover::ServiceList;
/// use tower::load::{CompleteOnResponse, PendingRequests};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let client = Client::new();
/// let brokers = ["10.0.0.1:10911", "10.0.0.2:10911"].map(|addr| {
///     PendingRequests::new(client.endpoint(addr), CompleteOnResponse::default())
/// });
/// let brokers = ServiceBuilder::new()
///     .retry(RetryUnprocessed::attempts(3))
///     .buffer(64)
///     .service(Balance::new(ServiceList::new(brokers)));
/// # fn is_service(_: impl tower::Service<rocketmq_tower::RemotingCommand>) {}
/// # is_service(brokers);
/// # }
/// ```
#[derive(Clone)]
pub struct RetryUnprocessed {
    left: usize,
    pause: Duration,
    last: Duration,
    when: Option<Arc<When>>,
}

/// Whether the call that failed with this error was not processed.
type When = dyn Fn(&(dyn Error + 'static)) -> bool + Send + Sync;

impl RetryUnprocessed {
    /// Makes each call at most `attempts` times. Without a [back-off](Self::backoff), repeats at
    /// once.
    #[must_use]
    pub const fn attempts(attempts: usize) -> Self {
        let left = attempts.saturating_sub(1);
        Self { left, pause: Duration::ZERO, last: Duration::ZERO, when: None }
    }

    /// Waits before each repetition: `first` before the first, twice as long before each further
    /// one, at most `last`.
    #[must_use]
    pub const fn backoff(mut self, first: Duration, last: Duration) -> Self {
        (self.pause, self.last) = (first, last);
        self
    }

    /// Repeats the calls for whose errors `unprocessed` returns true, too: calls that other middleware
    /// refused, so that no server has seen them. It is not asked about an error that has one of the
    /// client among its sources. Replaces the last such function.
    #[must_use]
    pub fn when(
        mut self,
        unprocessed: impl Fn(&(dyn Error + 'static)) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.when = Some(Arc::new(unprocessed));
        self
    }

    fn is_unprocessed(&self, error: &(dyn Error + 'static)) -> bool {
        match find_source::<InvokeError>(error) {
            Some(error) => error.is_unprocessed() && !error.is_final(),
            None => self.when.as_ref().is_some_and(|when| when(error)),
        }
    }

    fn decide(&mut self, error: &(dyn Error + 'static)) -> Option<Sleep> {
        if self.left == 0 || !self.is_unprocessed(error) {
            return None;
        }
        self.left -= 1;
        let pause = self.pause.min(self.last);
        self.pause = pause.saturating_mul(2);
        tracing::debug!(%error, ?pause, "a call is repeated");
        Some(sleep(pause))
    }
}

impl fmt::Debug for RetryUnprocessed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RetryUnprocessed")
            .field("left", &self.left)
            .field("pause", &self.pause)
            .field("last", &self.last)
            .finish_non_exhaustive()
    }
}

impl<Req: Clone, Res> Policy<Req, Res, InvokeError> for RetryUnprocessed {
    type Future = Sleep;

    fn retry(&mut self, _: &mut Req, result: &mut Result<Res, InvokeError>) -> Option<Sleep> {
        result.as_ref().err().and_then(|error| self.decide(error))
    }

    fn clone_request(&mut self, request: &Req) -> Option<Req> {
        Some(request.clone())
    }
}

impl<Req: Clone, Res> Policy<Req, Res, BoxError> for RetryUnprocessed {
    type Future = Sleep;

    fn retry(&mut self, _: &mut Req, result: &mut Result<Res, BoxError>) -> Option<Sleep> {
        result.as_ref().err().and_then(|error| self.decide(&**error))
    }

    fn clone_request(&mut self, request: &Req) -> Option<Req> {
        Some(request.clone())
    }
}
