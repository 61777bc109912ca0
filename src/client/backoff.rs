//! When to connect again.

use super::Deadline;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// The pauses between attempts to reach an address, for all who make them.
pub(super) struct Backoff {
    first: Duration,
    last: Duration,
    state: Mutex<State>,
}

struct State {
    /// How long to wait after the next failure.
    pause: Duration,
    /// When the last failure has been waited for.
    until: Option<Instant>,
}

impl Backoff {
    pub(super) fn new((first, last): (Duration, Duration)) -> Self {
        Self { first, last, state: Mutex::new(State { pause: first.min(last), until: None }) }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// When to connect, if that is not now.
    pub(super) fn until(&self) -> Option<Instant> {
        self.lock().until.filter(|until| *until > Instant::now())
    }

    /// How long to wait after the next failure.
    pub(super) fn pause(&self) -> Duration {
        self.lock().pause
    }

    pub(super) fn failed(&self) {
        let mut state = self.lock();
        // Many may be told of the same failure.
        if state.until.is_none_or(|until| until <= Instant::now()) {
            state.until = Some(Deadline::within(state.pause).at());
            state.pause = self.last.min(state.pause.saturating_mul(2));
        }
    }

    /// Failures are far apart again. A pause that has begun goes on.
    pub(super) fn reset(&self) {
        self.lock().pause = self.first.min(self.last);
    }
}
