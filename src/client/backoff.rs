//! The pauses between attempts to connect.

use super::deadline::Deadline;
use rocketmq_tower_core::sync::lock;
use std::sync::Mutex;
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

    /// Returns when the next attempt may start; `None` means now.
    pub(super) fn until(&self) -> Option<Instant> {
        lock(&self.state).until.filter(|until| *until > Instant::now())
    }

    /// Returns the pause after the next failure.
    pub(super) fn pause(&self) -> Duration {
        lock(&self.state).pause
    }

    pub(super) fn failed(&self) {
        let mut state = lock(&self.state);
        // Several clones may report the same failure.
        if state.until.is_none_or(|until| until <= Instant::now()) {
            state.until = Some(Deadline::within(state.pause).at());
            state.pause = self.last.min(state.pause.saturating_mul(2));
        }
    }

    /// Starts again with the first pause. A pause that has already begun is not shortened.
    pub(super) fn reset(&self) {
        lock(&self.state).pause = self.first.min(self.last);
    }
}
