//! Crashes at any time: after each, the index is that of the log.

use super::super::QueueIndex;
use super::model::Log;
use super::{at, open};
use crate::storage::files::simulated::{Disk, Fault, Random};
use proptest::prelude::*;

#[derive(Clone, Debug)]
enum Step {
    Push {
        queue: u32,
        count: usize,
    },
    /// A flush, and a complete checkpoint if it does not fail.
    Checkpoint,
    /// A flush whose checkpoint is never complete.
    Flush,
    /// A checkpoint whose position is that of an earlier time, but not before that of the last flush.
    FlushBefore {
        parts: u8,
    },
    Trim {
        parts: u8,
    },
    Fail(Fault, u64),
    /// A crash, or one during the next changes of the disk.
    Crash {
        seed: u64,
    },
    PowerOff {
        changes: u64,
    },
    Check,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let fault = prop_oneof![Just(Fault::NoRoom), Just(Fault::Write), Just(Fault::Sync)];
    let step = prop_oneof![
        6 => (0..4_u32, prop_oneof![1..5_usize, 1..600_usize])
            .prop_map(|(queue, count)| Step::Push { queue, count }),
        4 => Just(Step::Checkpoint),
        1 => Just(Step::Flush),
        1 => (0..=255_u8).prop_map(|parts| Step::FlushBefore { parts }),
        1 => (0..=255_u8).prop_map(|parts| Step::Trim { parts }),
        1 => (fault, 0..6_u64).prop_map(|(fault, after)| Step::Fail(fault, after)),
        2 => any::<u64>().prop_map(|seed| Step::Crash { seed }),
        2 => (0..12_u64).prop_map(|changes| Step::PowerOff { changes }),
        1 => Just(Step::Check),
    ];
    proptest::collection::vec(step, 1..60)
}

/// An index, its log, and what is known of the last complete checkpoint.
struct Run {
    disk: Disk,
    index: QueueIndex,
    log: Log,
    /// The position of the last complete checkpoint.
    checkpoint: u64,
    /// The position of the last flush.
    flushed: u64,
    random: Random,
}

impl Run {
    fn step(&mut self, step: Step) {
        match step {
            Step::Push { queue, count } => self.log.push(&self.index, queue, count),
            Step::Checkpoint => {
                self.flush(self.log.end, true);
            }
            Step::Flush => self.flush(self.log.end, false),
            Step::FlushBefore { parts } => {
                let fresh = self.log.end - self.flushed;
                self.flush(self.flushed + fresh * u64::from(parts) / 255, true);
            }
            Step::Trim { parts } => {
                let kept = self.checkpoint - self.log.start;
                let start = self.log.start + kept * u64::from(parts) / 255;
                self.log.start = start;
                if self.index.trim_before(at(start)).is_err() {
                    self.crash(start);
                }
            }
            Step::Fail(fault, after) => self.disk.fail_after(fault, after),
            Step::Crash { seed } => self.crash(seed),
            Step::PowerOff { changes } => self.disk.power_off_after(changes),
            Step::Check => {
                if !self.disk.is_off() {
                    self.log.check(&self.index);
                }
            }
        }
    }

    fn flush(&mut self, upto: u64, complete: bool) {
        self.flushed = upto;
        let result = self.index.flush(at(upto));
        if self.disk.is_off() {
            let seed = self.random.next();
            self.crash(seed);
        } else if result.is_ok() && complete {
            self.checkpoint = upto;
            self.index.checkpointed();
        }
    }

    /// Starts again after a crash that loses any part of the log after the checkpoint.
    fn crash(&mut self, seed: u64) {
        self.flushed = self.checkpoint;
        self.disk = self.disk.crash(seed);
        self.index = open(&self.disk, self.log.start..self.checkpoint);
        let unsynced = (self.log.end - self.checkpoint) as usize;
        let end = self.checkpoint + self.random.below(unsynced + 1) as u64;
        self.log.replay(&self.index, self.checkpoint, end);
        self.log.check(&self.index);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn after_any_crash_the_index_is_that_of_the_log(steps in steps(), seed: u64) {
        let disk = Disk::default();
        let index = open(&disk, 0..0);
        let log = Log::default();
        let mut run = Run { disk, index, log, checkpoint: 0, flushed: 0, random: Random::new(seed) };
        for step in steps {
            run.step(step);
        }
        run.crash(seed);
    }
}
