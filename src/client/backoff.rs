//! The pauses between attempts to connect.

use super::deadline::Deadline;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// The pauses between attempts to connect to an address. Shared by the clones of an endpoint.
pub(super) struct Backoff {
    first: Duration,
    last: Duration,
    state: Mutex<BackoffState>,
}

struct BackoffState {
    /// The pause after the next failure.
    pause: Duration,
    /// The end of the pause after the last failure.
    until: Option<Instant>,
}

impl Backoff {
    pub(super) fn new((first, last): (Duration, Duration)) -> Self {
        Self {
            first,
            last,
            state: Mutex::new(BackoffState { pause: first.min(last), until: None }),
        }
    }

    fn lock(&self) -> MutexGuard<'_, BackoffState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns when to connect; `None` for now.
    pub(super) fn until(&self) -> Option<Instant> {
        self.lock().until.filter(|until| *until > Instant::now())
    }

    /// Returns the pause after the next failure.
    pub(super) fn pause(&self) -> Duration {
        self.lock().pause
    }

    pub(super) fn failed(&self) {
        let mut state = self.lock();
        // Several clones may report the same failure.
        if state.until.is_none_or(|until| until <= Instant::now()) {
            state.until = Some(Deadline::within(state.pause).at());
            state.pause = self.last.min(state.pause.saturating_mul(2));
        }
    }

    /// Starts again with the first pause. A pause that has begun goes on.
    pub(super) fn reset(&self) {
        self.lock().pause = self.first.min(self.last);
    }
}
