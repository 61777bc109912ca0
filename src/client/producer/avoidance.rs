//! Brokers that failed, which are avoided for a time.

use rocketmq_tower_core::Addr;
use rocketmq_tower_core::sync::lock;
use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::time::Instant;

const FIRST: Duration = Duration::from_secs(1);
const LAST: Duration = Duration::from_secs(60);

/// The maximum number of brokers that are remembered. Further ones are not avoided.
const MAX_BROKERS: usize = 10_000;

#[derive(Default)]
pub(super) struct Avoidance {
    /// Whether there are brokers that failed, so that sends do not lock if there are none.
    some: AtomicBool,
    failed: Mutex<HashMap<Addr, Failed>>,
}

struct Failed {
    /// The time for which it is or was avoided.
    pause: Duration,
    until: Instant,
}

impl Avoidance {
    /// Avoids the broker for 1 s, or twice as long as after its last failure, at most 60 s.
    pub(super) fn failed(&self, addr: &Addr) {
        let now = Instant::now();
        let mut brokers = lock(&self.failed);
        let is_full = brokers.len() >= MAX_BROKERS;
        match brokers.get_mut(addr) {
            // Many sends that were in flight may report the same failure.
            Some(failed) if failed.until > now => {}
            Some(failed) => {
                failed.pause = LAST.min(failed.pause * 2);
                failed.until = now + failed.pause;
            }
            None if is_full => brokers.retain(|_, failed| failed.until > now),
            None => {
                brokers.insert(addr.clone(), Failed { pause: FIRST, until: now + FIRST });
                self.some.store(true, Ordering::Release);
            }
        }
    }

    /// Forgets the failures of the broker.
    pub(super) fn succeeded(&self, addr: &Addr) {
        if self.some.load(Ordering::Acquire) {
            let mut brokers = lock(&self.failed);
            brokers.remove(addr);
            self.some.store(!brokers.is_empty(), Ordering::Release);
        }
    }

    /// Calls `choose` with a function that says whether a broker is avoided now.
    pub(super) fn with<T>(&self, choose: impl FnOnce(&dyn Fn(&Addr) -> bool) -> T) -> T {
        if !self.some.load(Ordering::Acquire) {
            return choose(&|_| false);
        }
        let (now, brokers) = (Instant::now(), lock(&self.failed));
        choose(&|addr| brokers.get(addr).is_some_and(|failed| failed.until > now))
    }
}

#[cfg(test)]
mod tests {
    use super::Avoidance;
    use std::time::Duration;
    use tokio::time::advance;

    fn is_avoided(brokers: &Avoidance) -> bool {
        brokers.with(|avoided| avoided(&"a".into()))
    }

    #[tokio::test(start_paused = true)]
    async fn a_broker_is_avoided_for_1_s_doubling_to_60_s() {
        let brokers = Avoidance::default();
        assert!(!is_avoided(&brokers));
        for seconds in [1, 2, 4, 8, 16, 32, 60, 60] {
            brokers.failed(&"a".into());
            brokers.failed(&"a".into());
            assert!(!brokers.with(|avoided| avoided(&"b".into())));
            advance(Duration::from_secs(seconds) - Duration::from_millis(1)).await;
            assert!(is_avoided(&brokers), "{seconds}");
            advance(Duration::from_millis(1)).await;
            assert!(!is_avoided(&brokers), "{seconds}");
        }
        brokers.succeeded(&"a".into());
        brokers.failed(&"a".into());
        advance(Duration::from_secs(1)).await;
        assert!(!is_avoided(&brokers), "a success begins anew");
    }
}
