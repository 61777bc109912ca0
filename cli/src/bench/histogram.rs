//! Durations of requests, in a fixed number of buckets.

use std::time::Duration;

/// Buckets of each power of two: a duration is known to about 3 %.
const STEPS: u64 = 32;
const STEP_BITS: u32 = STEPS.trailing_zeros();
/// Up to 2^42 µs, which is longer than any request.
const BUCKETS: usize = (STEPS * 38) as usize;

/// The number of requests by their durations, in microseconds. 10 KB.
#[derive(Clone, Debug)]
pub(super) struct Histogram {
    counts: Box<[u64; BUCKETS]>,
    requests: u64,
    max: Duration,
}

impl Default for Histogram {
    fn default() -> Self {
        Self { counts: Box::new([0; BUCKETS]), requests: 0, max: Duration::ZERO }
    }
}

/// Returns the bucket of a number of microseconds. Numbers below [`STEPS`] have one each.
fn bucket(micros: u64) -> usize {
    let power = micros.max(STEPS).ilog2() - STEP_BITS;
    let bucket = u64::from(power) * STEPS + (micros >> power);
    usize::try_from(bucket).unwrap_or(BUCKETS).min(BUCKETS - 1)
}

/// Returns the smallest number of microseconds that a bucket holds.
fn least(bucket: usize) -> u64 {
    let (power, step) = (bucket as u64 / STEPS, bucket as u64 % STEPS);
    match power {
        0 => step,
        _ => (STEPS + step) << (power - 1),
    }
}

impl Histogram {
    pub(super) fn record(&mut self, duration: Duration) {
        let micros = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        self.counts[bucket(micros)] += 1;
        self.requests += 1;
        self.max = self.max.max(duration);
    }

    pub(super) fn add(&mut self, other: &Self) {
        for (count, more) in self.counts.iter_mut().zip(other.counts.iter()) {
            *count += more;
        }
        self.requests += other.requests;
        self.max = self.max.max(other.max);
    }

    pub(super) fn requests(&self) -> u64 {
        self.requests
    }

    pub(super) fn max(&self) -> Duration {
        self.max
    }

    /// Returns the duration that this share of the requests, from 0 to 1, does not exceed; zero without requests.
    pub(super) fn quantile(&self, share: f64) -> Duration {
        let wanted = (self.requests as f64 * share).ceil().max(1.0) as u64;
        let mut counted = 0;
        for (bucket, count) in self.counts.iter().enumerate() {
            counted += count;
            if counted >= wanted {
                return Duration::from_micros(least(bucket + 1)).min(self.max);
            }
        }
        self.max
    }
}

#[cfg(test)]
mod tests {
    use super::{BUCKETS, Histogram, bucket, least};
    use std::time::Duration;

    #[test]
    fn buckets_follow_each_other_and_are_narrow() {
        for at in 0..BUCKETS - 1 {
            assert_eq!(bucket(least(at)), at);
            assert_eq!(bucket(least(at + 1) - 1), at);
        }
        for micros in [0, 1, 31, 32, 33, 63, 64, 1000, 123_456_789] {
            let at = bucket(micros);
            assert!(least(at) <= micros && micros < least(at + 1), "{micros}");
            assert!(least(at + 1) - least(at) <= (micros / 32).max(1), "{micros}");
        }
        assert_eq!(bucket(u64::MAX), BUCKETS - 1);
    }

    #[test]
    fn quantiles_are_within_3_percent() {
        let (mut one, mut other) = (Histogram::default(), Histogram::default());
        assert_eq!(one.quantile(0.5), Duration::ZERO);
        for millis in 1..=500 {
            one.record(Duration::from_millis(millis));
            other.record(Duration::from_millis(500 + millis));
        }
        one.add(&other);
        assert_eq!((one.requests(), one.max()), (1000, Duration::from_secs(1)));
        for (share, millis) in [(0.5, 500.0), (0.99, 990.0), (1.0, 1000.0)] {
            let found = one.quantile(share).as_secs_f64() * 1000.0;
            assert!((millis..=millis * 1.04).contains(&found), "{share}: {found}");
        }
    }
}
