//! The broker's clock: the system's, which a test can move ahead.

use rocketmq_tower_core::clock;
use std::sync::atomic::{AtomicI64, Ordering::Relaxed};
use std::time::Duration;
use tokio::sync::{Notify, futures::Notified, watch};
use tokio::time::timeout;

/// Clones of its owner's handle share it. Messages are stamped with its time, and delays, retries, checks of
/// transactions and deletion follow it. Timeouts of connections and members do not: clients have clocks of
/// their own.
#[derive(Debug, Default)]
pub(crate) struct BrokerClock {
    /// How far it is ahead of the system's, in ms.
    ahead: AtomicI64,
    moved: Notify,
    /// The time up to which all delayed messages are delivered.
    delivered: watch::Sender<i64>,
    /// The time up to which all popped messages come again.
    revived: watch::Sender<i64>,
}

impl BrokerClock {
    /// Returns the time, in milliseconds since 1970.
    pub(crate) fn now_ms(&self) -> i64 {
        clock::now_ms().saturating_add(self.ahead.load(Relaxed))
    }

    /// Resolves when the clock is moved ahead after this call.
    pub(crate) fn moved(&self) -> Notified<'_> {
        self.moved.notified()
    }

    /// Waits for this time, or until the clock is moved ahead.
    pub(crate) async fn sleep(&self, time: Duration) {
        _ = timeout(time, self.moved()).await;
    }

    /// Notes that all messages that are due at `time` are delivered.
    pub(crate) fn delivered(&self, time: i64) {
        self.delivered.send_replace(time);
    }

    /// Notes that all popped messages that are due at `time` come again.
    pub(crate) fn revived(&self, time: i64) {
        self.revived.send_replace(time);
    }

    /// Returns the time up to which all delayed messages are delivered; 0 before the first ones are.
    pub(crate) fn delivered_until(&self) -> i64 {
        *self.delivered.borrow()
    }
}

#[cfg(any(feature = "testing", feature = "fuzzing"))]
impl BrokerClock {
    /// Moves the clock ahead, and returns when the messages that are due then are delivered, and what was
    /// popped comes again.
    pub(crate) async fn advance(&self, by: Duration) {
        let (mut delivered, mut revived) = (self.delivered.subscribe(), self.revived.subscribe());
        _ = self
            .ahead
            .fetch_update(Relaxed, Relaxed, |ahead| Some(ahead.saturating_add(clock::millis(by))));
        let now = self.now_ms();
        self.moved.notify_waiters();
        // The senders are in `self`.
        for done in [&mut delivered, &mut revived] {
            _ = done.wait_for(|time| *time >= now).await;
        }
    }
}
