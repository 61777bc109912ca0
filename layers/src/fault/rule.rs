use super::dice::Dice;
use rocketmq_tower_core::{Abort, RequestCode};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// A fault that hits requests. See the [module's documentation](super).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum RequestFault {
    /// The request reaches the inner service after this time. The readiness that was reserved for
    /// it stays reserved meanwhile.
    Delay(Duration),
    /// The response has this code and remark, and the inner service is not called.
    Respond(Abort),
    /// The request is lost: the inner service is not called, and there is no response.
    LoseRequest,
    /// The response is lost: the inner service is called, and its response or error is not sent.
    LoseResponse,
    /// The connection that the request came from closes.
    Disconnect,
}

/// A fault that hits connections. See the [module's documentation](super).
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum ConnectionFault {
    /// The connection is served after this time.
    Delay(Duration),
    /// The connection closes before anything is read or written.
    Disconnect,
    /// The connection closes when it would write more than this number of bytes.
    Truncate(u64),
}

impl RequestFault {
    pub(super) const fn delay(&self) -> Option<Duration> {
        match self {
            Self::Delay(delay) => Some(*delay),
            _ => None,
        }
    }
}

impl ConnectionFault {
    pub(super) const fn delay(&self) -> Option<Duration> {
        match self {
            Self::Delay(delay) => Some(*delay),
            _ => None,
        }
    }
}

/// A fault, and which requests or connections it hits: all of them, unless the rule says otherwise.
#[derive(Clone, Debug)]
pub struct Rule<F> {
    pub(super) fault: F,
    codes: Vec<RequestCode>,
    /// The fault hits if a draw is below this. `None` means always, without a draw.
    below: Option<u64>,
    /// How often the rule may still hit. `None` means without end.
    left: Option<Arc<AtomicU64>>,
}

impl<F> Rule<F> {
    /// Creates a rule that always hits.
    #[must_use]
    pub const fn new(fault: F) -> Self {
        Self { fault, codes: Vec::new(), below: None, left: None }
    }

    /// Hits with this probability, from 0 to 1. Default: 1. Not a number means 0.
    #[must_use]
    pub fn probability(mut self, probability: f64) -> Self {
        // The conversion saturates, and turns "not a number" into 0.
        self.below = (probability < 1.0 || probability.is_nan())
            .then_some((probability * 2f64.powi(64)) as u64);
        self
    }

    /// Hits at most `times` times. Clones of the rule share the count.
    #[must_use]
    pub fn times(mut self, times: u64) -> Self {
        self.left = Some(Arc::new(AtomicU64::new(times)));
        self
    }

    /// Returns whether the rule hits, and counts it.
    pub(super) fn hits(&self, dice: &Dice) -> bool {
        let drawn = self.below.is_none_or(|below| dice.roll() < below);
        drawn && self.left.as_ref().is_none_or(|left| take_one(left))
    }
}

impl Rule<RequestFault> {
    /// Hits only requests with this code. Repeat it for several codes.
    #[must_use]
    pub fn code(mut self, code: impl Into<RequestCode>) -> Self {
        self.codes.push(code.into());
        self
    }

    pub(super) fn is_for(&self, code: RequestCode) -> bool {
        self.codes.is_empty() || self.codes.contains(&code)
    }
}

fn take_one(left: &AtomicU64) -> bool {
    let one_less = |left: u64| left.checked_sub(1);
    left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less).is_ok()
}
