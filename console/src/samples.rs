//! Samples of the last minutes, for the plots.

use rocketmq_tower_core::sync::lock;
use std::collections::VecDeque;
use std::sync::Mutex;
use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval};

/// The maximum number of samples: 5 minutes, of one per second.
const MAX_SAMPLES: usize = 300;
/// The interval of samples.
const INTERVAL: Duration = Duration::from_secs(1);

/// The newest 300 samples, each with its time, the oldest one first.
#[derive(Debug)]
pub struct Samples<T>(Mutex<VecDeque<(i64, T)>>);

impl<T: Copy> Samples<T> {
    /// Adds a sample, with its time in ms since 1970. The oldest one is forgotten if there are 300.
    pub fn add(&self, at: i64, sample: T) {
        let mut samples = lock(&self.0);
        if samples.len() >= MAX_SAMPLES {
            samples.pop_front();
        }
        samples.push_back((at, sample));
    }

    /// Adds a sample each second, for ever, unless `take` returns `None`.
    pub async fn fill<F>(&self, mut take: impl FnMut() -> F)
    where
        F: Future<Output = Option<(i64, T)>>,
    {
        let mut seconds = interval(INTERVAL);
        seconds.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            seconds.tick().await;
            if let Some((at, sample)) = take().await {
                self.add(at, sample);
            }
        }
    }

    /// Returns those after this time, in ms since 1970.
    pub fn since(&self, time: i64) -> Vec<T> {
        lock(&self.0).iter().filter(|(at, _)| *at > time).map(|(_, sample)| *sample).collect()
    }
}

impl<T> Default for Samples<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

#[cfg(test)]
mod tests {
    use super::{MAX_SAMPLES, Samples};

    #[test]
    fn the_newest_samples_are_kept() {
        let samples = Samples::default();
        let all = 0..MAX_SAMPLES as i64 + 5;
        all.clone().for_each(|at| samples.add(at, at));
        let kept = samples.since(-1);
        assert_eq!((kept.len(), kept[0]), (MAX_SAMPLES, 5));
        assert_eq!(samples.since(all.end - 3).len(), 2);
    }
}
