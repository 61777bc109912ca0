//! How long it takes to store messages: in the last whole minute, as Java's broker tells it.

use rocketmq_tower_core::sync::lock;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// The times that are told apart: steps in ms, and how many of them follow one another.
const STEPS: [(u64, usize); 7] =
    [(1, 20), (2, 15), (5, 10), (10, 10), (50, 6), (100, 5), (1000, 9)];

/// The number of those steps.
const ALL_STEPS: usize = 75;

/// The times below which each step is, in ms. One more is of all longer times.
const LIMITS: [u64; ALL_STEPS] = limits();
const BUCKETS: usize = ALL_STEPS + 1;

/// The times of Java's distribution, in ms, and their names. All of them are in [`LIMITS`].
const NAMED: [(u64, &str); 12] = [
    (1, "<=0ms"),
    (10, "0~10ms"),
    (50, "10~50ms"),
    (100, "50~100ms"),
    (200, "100~200ms"),
    (500, "200~500ms"),
    (1000, "500ms~1s"),
    (2000, "1~2s"),
    (3000, "2~3s"),
    (4000, "3~4s"),
    (5000, "4~5s"),
    (10_000, "5~10s"),
];
const BEYOND: &str = "10s~";

type Counts = [u64; BUCKETS];

/// Times of storing messages. The log's writer counts, which is one thread.
#[derive(Debug)]
pub(crate) struct StoreTimes {
    counts: [AtomicU64; BUCKETS],
    slowest_ms: AtomicU64,
    minutes: Mutex<Minutes>,
}

#[derive(Debug)]
struct Minutes {
    /// The counts at the start of this minute.
    start: Counts,
    /// The counts of the minute before.
    last: Counts,
}

impl Default for StoreTimes {
    fn default() -> Self {
        Self {
            counts: [const { AtomicU64::new(0) }; BUCKETS],
            slowest_ms: AtomicU64::new(0),
            minutes: Minutes { start: [0; BUCKETS], last: [0; BUCKETS] }.into(),
        }
    }
}

impl StoreTimes {
    /// Counts the messages of a round of the writer, which took this time.
    pub(crate) fn took(&self, time: Duration, messages: usize) {
        let ms = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        let place = LIMITS.partition_point(|&limit| limit <= ms);
        self.counts[place].fetch_add(messages as u64, Relaxed);
        self.slowest_ms.fetch_max(ms, Relaxed);
    }

    /// Ends a minute.
    pub(super) fn minute(&self) {
        let now: Counts = std::array::from_fn(|place| self.counts[place].load(Relaxed));
        let mut minutes = lock(&self.minutes);
        minutes.last = std::array::from_fn(|place| now[place] - minutes.start[place]);
        minutes.start = now;
    }

    /// Returns the longest time since the broker's start, in ms.
    pub(crate) fn slowest_ms(&self) -> u64 {
        self.slowest_ms.load(Relaxed)
    }

    /// Returns the time within which this part of the last minute's messages was stored, in ms; 0 if there
    /// was none.
    pub(crate) fn percentile(&self, part: f64) -> f64 {
        let last = lock(&self.minutes).last;
        let rank = last.iter().sum::<u64>() as f64 * part;
        let (mut before, mut low) = (0.0, 0.0);
        for (place, count) in last.into_iter().enumerate() {
            let count = count as f64;
            let high = LIMITS.get(place).map_or(low, |&limit| limit as f64);
            if count > 0.0 && before + count >= rank {
                return low + (high - low) * (rank - before) / count;
            }
            (before, low) = (before + count, high);
        }
        0.0
    }

    /// Returns the distribution of the last minute, as Java writes it.
    pub(crate) fn distribution(&self) -> String {
        let last = lock(&self.minutes).last;
        let (mut text, mut start) = (String::new(), 0);
        for (limit, name) in NAMED.into_iter().chain([(u64::MAX, BEYOND)]) {
            let end = match limit {
                u64::MAX => BUCKETS,
                limit => LIMITS.partition_point(|&known| known <= limit),
            };
            let count: u64 = last[start..end].iter().sum();
            text += &format!("[{name}]:{count} ");
            start = end;
        }
        text
    }
}

const fn limits() -> [u64; ALL_STEPS] {
    let (mut limits, mut at, mut limit, mut step) = ([0; ALL_STEPS], 0, 0, 0);
    while step < STEPS.len() {
        let mut left = STEPS[step].1;
        while left > 0 {
            limit += STEPS[step].0;
            limits[at] = limit;
            (at, left) = (at + 1, left - 1);
        }
        step += 1;
    }
    limits
}

#[cfg(test)]
mod tests {
    use super::{LIMITS, NAMED, StoreTimes};
    use std::time::Duration;

    #[test]
    fn javas_distribution_is_made_of_whole_steps() {
        assert_eq!((LIMITS[0], LIMITS[19], LIMITS[20], LIMITS[74]), (1, 20, 22, 10_000));
        assert!(NAMED.iter().all(|(limit, _)| LIMITS.contains(limit)));
    }

    #[test]
    fn times_are_of_the_last_whole_minute() {
        let times = StoreTimes::default();
        let took = |ms, count| times.took(Duration::from_millis(ms), count);
        [(0, 1), (3, 2), (12_000, 3)].into_iter().for_each(|(ms, count)| took(ms, count));
        assert!(times.distribution().starts_with("[<=0ms]:0 [0~10ms]:0 "), "it has not ended");
        assert_eq!((times.percentile(0.99), times.slowest_ms()), (0.0, 12_000));
        times.minute();
        let text = times.distribution();
        assert!(text.starts_with("[<=0ms]:1 [0~10ms]:2 [10~50ms]:0 "), "{text}");
        assert!(text.ends_with("[5~10s]:0 [10s~]:3 "), "{text}");
        assert_eq!(times.percentile(0.99), 10_000.0, "the start of what has no end");
        times.minute();
        assert!(times.distribution().ends_with("[10s~]:0 "));
        assert_eq!((times.percentile(0.5), times.slowest_ms()), (0.0, 12_000));
    }

    #[test]
    fn a_percentile_lies_within_its_step() {
        let times = StoreTimes::default();
        times.took(Duration::ZERO, 50);
        times.took(Duration::from_millis(21), 50);
        times.minute();
        assert_eq!(
            [0.25, 0.5, 0.75, 1.0].map(|part| times.percentile(part)),
            [0.5, 1.0, 21.0, 22.0]
        );
    }
}
