//! Samples of the last minutes, for the plots.

use crate::state::BrokerState;
use rocketmq_tower_core::clock;
use rocketmq_tower_core::sync::lock;
use serde::Serialize;
use std::collections::VecDeque;
use std::sync::Mutex;

/// The maximum number of samples, one per second: they take 20 KiB.
const MAX_SAMPLES: usize = 300;

/// The broker's counters at a time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Sample {
    /// In ms since 1970.
    at: i64,
    /// Totals since the start.
    messages_in: u64,
    bytes_in: u64,
    messages_out: u64,
    bytes_out: u64,
    /// The bytes in the log now.
    stored_bytes: u64,
    connections: usize,
}

/// The samples, the oldest one first.
#[derive(Debug, Default)]
pub(super) struct Samples(Mutex<VecDeque<Sample>>);

impl Samples {
    /// Takes a sample. For a thread that may block.
    pub(super) fn take(&self, broker: &BrokerState) {
        self.add(now(broker));
    }

    fn add(&self, sample: Sample) {
        let mut samples = lock(&self.0);
        if samples.len() >= MAX_SAMPLES {
            samples.pop_front();
        }
        samples.push_back(sample);
    }

    /// Returns those after this time.
    pub(super) fn since(&self, time: i64) -> Vec<Sample> {
        lock(&self.0).iter().filter(|sample| sample.at > time).copied().collect()
    }
}

/// Returns the counters now. For a thread that may block.
pub(super) fn now(broker: &BrokerState) -> Sample {
    let (puts, gets) = (&broker.statistics.puts.all, &broker.statistics.gets);
    let stored = broker.log.storage().log_bounds();
    Sample {
        at: clock::now_ms(),
        messages_in: puts.messages(),
        bytes_in: puts.bytes(),
        messages_out: gets.messages(),
        bytes_out: gets.bytes(),
        stored_bytes: stored.end - stored.start,
        connections: broker.clients.connection_count(),
    }
}

#[cfg(test)]
mod tests {
    use super::{MAX_SAMPLES, Sample, Samples};

    #[test]
    fn the_newest_samples_are_kept() {
        let samples = Samples::default();
        let all = 0..MAX_SAMPLES as i64 + 5;
        all.clone().for_each(|at| samples.add(Sample { at, ..Sample::default() }));
        let kept = samples.since(-1);
        assert_eq!((kept.len(), kept[0].at), (MAX_SAMPLES, 5));
        assert_eq!(samples.since(all.end - 3).len(), 2);
    }
}
