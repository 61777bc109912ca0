//! A bound on the calls of a client.

use super::InvokeError;
use super::deadline::Deadline;
use rocketmq_tower_core::Addr;
use rocketmq_tower_core::channel::CallStage;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout_at;

/// Bounds the number of calls in flight.
pub(super) struct CallLimit {
    max: usize,
    permits: Arc<Semaphore>,
}

impl CallLimit {
    pub(super) fn new(max: usize) -> Self {
        // `until_idle` takes all permits at once, and their number is a `u32` there.
        let max = max.min(u32::MAX as usize).min(Semaphore::MAX_PERMITS);
        Self { max, permits: Arc::new(Semaphore::new(max)) }
    }

    /// Returns the number of calls in flight.
    pub(super) fn in_flight(&self) -> usize {
        self.max - self.permits.available_permits()
    }

    /// Waits until no call is in flight.
    pub(super) async fn until_idle(&self) {
        // An error would mean that the semaphore is closed, which it never is.
        _ = self.permits.acquire_many(self.max as u32).await;
    }

    /// Waits for a permit until the deadline. A call with no time fails at once.
    pub(super) async fn acquire(
        &self,
        addr: &Addr,
        deadline: Deadline,
    ) -> Result<OwnedSemaphorePermit, InvokeError> {
        let waiting = match Arc::clone(&self.permits).try_acquire_owned() {
            Ok(permit) => return Ok(permit),
            Err(_) if deadline.timeout().is_zero() => {
                return Err(InvokeError::TooManyCalls { limit: self.max });
            }
            Err(_) => Arc::clone(&self.permits).acquire_owned(),
        };
        match timeout_at(deadline.at(), waiting).await {
            Ok(Ok(permit)) => Ok(permit),
            // The semaphore is never closed.
            Ok(Err(_)) => Err(InvokeError::ShutDown),
            Err(_) => Err(deadline.passed(addr, CallStage::Capacity)),
        }
    }
}
