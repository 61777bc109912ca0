//! A retry policy for calls that no server has processed.

use super::InvokeError;
use rocketmq_tower_core::BoxError;
use rocketmq_tower_core::error::find_source;
use std::time::Duration;
use tokio::time::{Sleep, sleep};
use tower::retry::Policy;

/// A policy of tower's [`Retry`](tower::retry::Retry). It repeats calls that no server can have
/// acted on (see [`InvokeError::is_unprocessed`]), unless they would fail in the same way again.
///
/// It does not repeat other calls: only the caller knows whether processing a request twice does
/// harm.
///
/// It works around any service of this client, and around middleware with boxed errors, in which it
/// finds the client's error. `Retry` clones its service, so a `Balance` needs a `Buffer` around it.
///
/// ```
/// use rocketmq_tower::client::{Client, RetryUnprocessed};
/// use rocketmq_tower::ServiceBuilder;
/// use std::time::Duration;
///
/// let policy = RetryUnprocessed::attempts(3).backoff(Duration::from_millis(50), Duration::from_secs(1));
/// let client = ServiceBuilder::new().retry(policy).service(Client::new());
/// ```
#[derive(Clone, Debug)]
pub struct RetryUnprocessed {
    left: usize,
    pause: Duration,
    last: Duration,
}

impl RetryUnprocessed {
    /// Makes each call at most `attempts` times. Without a [back-off](Self::backoff), repeats at
    /// once.
    #[must_use]
    pub const fn attempts(attempts: usize) -> Self {
        let left = attempts.saturating_sub(1);
        Self { left, pause: Duration::ZERO, last: Duration::ZERO }
    }

    /// Waits before each repetition: `first` before the first, twice as long before each further
    /// one, at most `last`.
    #[must_use]
    pub const fn backoff(mut self, first: Duration, last: Duration) -> Self {
        (self.pause, self.last) = (first, last);
        self
    }

    fn decide(&mut self, error: Option<&InvokeError>) -> Option<Sleep> {
        let error = error?;
        if self.left == 0 || !error.is_unprocessed() || error.is_final() {
            return None;
        }
        self.left -= 1;
        let pause = self.pause.min(self.last);
        self.pause = pause.saturating_mul(2);
        tracing::debug!(%error, ?pause, "a call is repeated");
        Some(sleep(pause))
    }
}

impl<Req: Clone, Res> Policy<Req, Res, InvokeError> for RetryUnprocessed {
    type Future = Sleep;

    fn retry(&mut self, _: &mut Req, result: &mut Result<Res, InvokeError>) -> Option<Sleep> {
        self.decide(result.as_ref().err())
    }

    fn clone_request(&mut self, request: &Req) -> Option<Req> {
        Some(request.clone())
    }
}

impl<Req: Clone, Res> Policy<Req, Res, BoxError> for RetryUnprocessed {
    type Future = Sleep;

    fn retry(&mut self, _: &mut Req, result: &mut Result<Res, BoxError>) -> Option<Sleep> {
        self.decide(result.as_ref().err().and_then(|error| find_source(&**error)))
    }

    fn clone_request(&mut self, request: &Req) -> Option<Req> {
        Some(request.clone())
    }
}
