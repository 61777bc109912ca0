use std::sync::atomic::{AtomicU64, Ordering};

/// The permitted rate. Times are in nanoseconds since an arbitrary start.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rate {
    /// The time between two requests at the rate.
    interval: u64,
    /// How far ahead of its time a request may be: the intervals of a full burst, less one.
    ahead: u64,
}

impl Rate {
    pub(super) fn new(per_second: u32, burst: u32) -> Self {
        let interval = 1_000_000_000 / u64::from(per_second.max(1));
        Self { interval, ahead: interval * u64::from(burst.max(1) - 1) }
    }
}

/// One peer's requests, by the generic cell rate algorithm: a single number, the time at which the
/// requests so far would have ended if they had arrived at exactly the rate.
#[derive(Debug, Default)]
pub(super) struct Bucket(AtomicU64);

impl Bucket {
    /// Whether one more request is within the rate; if so, it is counted.
    pub(super) fn take(&self, now: u64, rate: Rate) -> bool {
        let next = |over: u64| {
            let start = over.max(now);
            (start - now <= rate.ahead).then(|| start.saturating_add(rate.interval))
        };
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next).is_ok()
    }

    /// Whether a full burst is available again, so that the bucket equals a new one.
    pub(super) fn is_spent(&self, now: u64) -> bool {
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
        assert_eq!(taken(&Bucket::default(), 0, Rate::new(0, 0)), 1);
        assert_eq!(taken(&Bucket::default(), 0, Rate::new(1, u32::MAX)), 1000);
        assert_eq!(taken(&Bucket::default(), 0, Rate::new(u32::MAX, u32::MAX)), 1000);
        assert_eq!(taken(&Bucket::default(), u64::MAX, Rate::new(1, 1)), 1000, "the end of time");
    }
}
