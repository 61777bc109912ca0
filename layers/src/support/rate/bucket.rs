use std::sync::atomic::{AtomicU64, Ordering};

const SECOND: u128 = 1_000_000_000;

/// The permitted rate. Times are in nanoseconds since an arbitrary start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rate {
    per_second: u64,
    /// How far ahead of its time a unit may be: the time that a full burst takes, less that of one unit.
    ahead: u64,
}

impl Rate {
    pub(crate) fn new(per_second: u64, burst: u64) -> Self {
        let rate = Self { per_second: per_second.max(1), ahead: 0 };
        Self { ahead: rate.duration(burst.max(1) - 1), ..rate }
    }

    /// Returns the time that `units` take at the rate.
    fn duration(self, units: u64) -> u64 {
        let duration = u128::from(units) * SECOND / u128::from(self.per_second);
        u64::try_from(duration).unwrap_or(u64::MAX)
    }
}

/// The units used so far, by the generic cell rate algorithm: a single number, the time at which they
/// would have ended if they had arrived at exactly the rate.
#[derive(Debug, Default)]
pub(crate) struct Bucket(AtomicU64);

impl Bucket {
    /// Whether one more unit is within the rate; if so, it is counted.
    pub(crate) fn take(&self, now: u64, rate: Rate) -> bool {
        let next = |over: u64| {
            let start = over.max(now);
            (start - now <= rate.ahead).then(|| start.saturating_add(rate.duration(1)))
        };
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next).is_ok()
    }

    /// Returns how long it takes until one more unit is within the rate, in nanoseconds.
    pub(crate) fn wait(&self, now: u64, rate: Rate) -> u64 {
        self.0.load(Ordering::Relaxed).saturating_sub(now).saturating_sub(rate.ahead)
    }

    /// Counts units, even if they are beyond the rate.
    pub(crate) fn charge(&self, now: u64, rate: Rate, units: u64) {
        let next = |over: u64| Some(over.max(now).saturating_add(rate.duration(units)));
        _ = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next);
    }

    /// Whether a full burst is available again, so that the bucket equals a new one.
    pub(crate) fn is_spent(&self, now: u64) -> bool {
        self.0.load(Ordering::Relaxed) <= now
    }
}

#[cfg(test)]
mod tests {
    use super::{Bucket, Rate};

    const SECOND: u64 = 1_000_000_000;

    fn taken(bucket: &Bucket, now: u64, rate: Rate) -> usize {
        (0..1000).take_while(|_| bucket.take(now, rate)).count()
    }

    #[test]
    fn a_burst_then_the_rate() {
        let (bucket, rate) = (Bucket::default(), Rate::new(10, 20));
        assert_eq!(taken(&bucket, 5 * SECOND, rate), 20);
        assert_eq!(taken(&bucket, 5 * SECOND + SECOND / 10 - 1, rate), 0);
        assert_eq!(taken(&bucket, 5 * SECOND + SECOND / 10, rate), 1);
        assert_eq!(taken(&bucket, 6 * SECOND, rate), 9);
        assert!(!bucket.is_spent(6 * SECOND));
        assert!(bucket.is_spent(8 * SECOND));
        assert_eq!(taken(&bucket, 3600 * SECOND, rate), 20, "no more than a burst is saved up");
    }

    #[test]
    fn the_smallest_and_the_largest() {
        let largest = u32::MAX.into();
        assert_eq!(taken(&Bucket::default(), 0, Rate::new(0, 0)), 1);
        assert_eq!(taken(&Bucket::default(), 0, Rate::new(1, largest)), 1000);
        assert_eq!(taken(&Bucket::default(), 0, Rate::new(largest, largest)), 1000);
        assert_eq!(taken(&Bucket::default(), 0, Rate::new(u64::MAX, u64::MAX)), 1000);
        assert_eq!(taken(&Bucket::default(), u64::MAX, Rate::new(1, 1)), 1000, "the end of time");
    }

    #[test]
    fn a_charge_beyond_the_rate_is_waited_for() {
        let (bucket, rate) = (Bucket::default(), Rate::new(100, 50));
        assert_eq!(bucket.wait(SECOND, rate), 0);
        bucket.charge(SECOND, rate, 49);
        assert_eq!(bucket.wait(SECOND, rate), 0, "one is left");
        bucket.charge(SECOND, rate, 101);
        assert_eq!(bucket.wait(SECOND, rate), SECOND + SECOND / 100);
        assert_eq!(bucket.wait(2 * SECOND, rate), SECOND / 100);
        assert!(bucket.take(2 * SECOND + SECOND / 100, rate));
        assert!(!bucket.take(2 * SECOND + SECOND / 100, rate));
        bucket.charge(0, rate, u64::MAX);
        assert!(bucket.wait(SECOND, rate) > 100 * SECOND, "no overflow");
    }
}
