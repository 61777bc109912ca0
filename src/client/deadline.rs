//! The deadline of a call.

use super::InvokeError;
use rocketmq_tower_core::Addr;
use rocketmq_tower_core::channel::CallStage;
use std::time::Duration;
use tokio::time::Instant;

/// The time at which a call fails, whatever it is waiting for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Deadline {
    at: Instant,
    timeout: Duration,
}

impl Deadline {
    pub(super) fn within(timeout: Duration) -> Self {
        let now = Instant::now();
        // The addition overflowed: a deadline in more than a hundred years.
        let at = now.checked_add(timeout).unwrap_or(now + Duration::from_secs(1 << 32));
        Self { at, timeout }
    }

    pub(super) fn at(self) -> Instant {
        self.at
    }

    pub(super) fn timeout(self) -> Duration {
        self.timeout
    }

    pub(super) fn left(self) -> Duration {
        self.left_from(Instant::now())
    }

    pub(super) fn left_from(self, now: Instant) -> Duration {
        self.at.saturating_duration_since(now)
    }

    /// Returns the error of a call that reached its deadline in this stage.
    pub(super) fn passed(self, addr: &Addr, stage: CallStage) -> InvokeError {
        InvokeError::Timeout { addr: addr.clone(), timeout: self.timeout, stage }
    }
}
