//! The totals of many runs.

use crate::fault::KINDS;
use crate::run::Outcome;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Report {
    seeds: u64,
    /// The number of seeds that were run twice.
    repeated: u64,
    simulated: Duration,
    faults: [u64; KINDS.len()],
    /// The number of the server's calls, and of the clients'.
    pushes: u64,
    calls: u64,
    /// The number of calls by how they ended.
    ends: BTreeMap<String, u64>,
    frames: u64,
    connections: u64,
    longest_shutdown: Duration,
    /// The longest recovery, and its seed.
    longest_recovery: (Duration, u64),
    traces: BTreeSet<u64>,
    /// The distinct sets of ends that occurred in one run.
    mixtures: BTreeSet<Vec<String>>,
    pub(crate) failed: Vec<u64>,
}

impl Report {
    pub(crate) fn add(&mut self, seed: u64, outcome: &Outcome) {
        self.seeds += 1;
        self.simulated += outcome.simulated;
        for (sum, count) in self.faults.iter_mut().zip(outcome.faults) {
            *sum += count;
        }
        let mut ends = BTreeMap::<String, u64>::new();
        for call in &outcome.calls {
            let who = if call.host.is_none() { &mut self.pushes } else { &mut self.calls };
            *who += 1;
            if let Some((_, end)) = call.end {
                *ends.entry(end.to_string()).or_default() += 1;
            }
        }
        self.mixtures.insert(ends.keys().cloned().collect());
        for (end, count) in ends {
            *self.ends.entry(end).or_default() += count;
        }
        self.frames += outcome.frames;
        self.connections += outcome.connections;
        self.longest_shutdown = self.longest_shutdown.max(outcome.longest_shutdown);
        self.longest_recovery = self.longest_recovery.max((outcome.longest_recovery, seed));
        self.traces.insert(outcome.hash);
        if !outcome.violations.is_empty() {
            self.failed.push(seed);
        }
    }

    pub(crate) fn repeated(&mut self) {
        self.repeated += 1;
    }

    /// Adds the report of another process.
    pub(crate) fn merge(&mut self, other: Self) {
        self.seeds += other.seeds;
        self.repeated += other.repeated;
        self.simulated += other.simulated;
        for (sum, count) in self.faults.iter_mut().zip(other.faults) {
            *sum += count;
        }
        self.pushes += other.pushes;
        self.calls += other.calls;
        for (end, count) in other.ends {
            *self.ends.entry(end).or_default() += count;
        }
        self.frames += other.frames;
        self.connections += other.connections;
        self.longest_shutdown = self.longest_shutdown.max(other.longest_shutdown);
        self.longest_recovery = self.longest_recovery.max(other.longest_recovery);
        self.traces.extend(other.traces);
        self.mixtures.extend(other.mixtures);
        self.failed.extend(other.failed);
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (seeds, repeated) = (self.seeds, self.repeated);
        let traces = self.traces.len();
        writeln!(f, "{seeds} seeds, {traces} different traces, {repeated} run twice and equal")?;
        writeln!(f, "{:.0} s simulated", self.simulated.as_secs_f64())?;
        let all: u64 = self.faults.iter().sum();
        writeln!(f, "{all} faults:")?;
        for (name, count) in KINDS.iter().zip(self.faults) {
            writeln!(f, "  {count:>9} {name}")?;
        }
        let (connections, frames) = (self.connections, self.frames);
        writeln!(f, "{connections} connections, {frames} frames")?;
        writeln!(f, "{} calls of clients, {} of servers, that ended:", self.calls, self.pushes)?;
        for (end, count) in &self.ends {
            writeln!(f, "  {count:>9} {end}")?;
        }
        writeln!(f, "{} different combinations of ends", self.mixtures.len())?;
        let (recovery, seed) = self.longest_recovery;
        writeln!(f, "longest recovery {recovery:?}, seed {seed}")?;
        write!(f, "longest shutdown {:?}", self.longest_shutdown)
    }
}
