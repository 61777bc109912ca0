//! Crashes at any time: after each, all keys of the log are found.

use super::super::KeyIndex;
use super::{Log, at, open};
use crate::storage::files::simulated::{Disk, Fault, Random};
use proptest::prelude::*;

#[derive(Clone, Debug)]
enum Step {
    Push {
        count: usize,
    },
    /// A flush, and a complete checkpoint if it does not fail.
    Checkpoint,
    /// A flush whose checkpoint is never complete.
    Flush,
    Trim {
        parts: u8,
    },
    Fail(Fault, u64),
    Crash {
        seed: u64,
    },
    PowerOff {
        changes: u64,
    },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let fault = prop_oneof![Just(Fault::NoRoom), Just(Fault::Write), Just(Fault::Sync)];
    let step = prop_oneof![
        8 => (1..30_usize).prop_map(|count| Step::Push { count }),
        1 => (1..2000_usize).prop_map(|count| Step::Push { count }),
        8 => Just(Step::Checkpoint),
        1 => Just(Step::Flush),
        1 => (0..=255_u8).prop_map(|parts| Step::Trim { parts }),
        1 => (fault, 0..6_u64).prop_map(|(fault, after)| Step::Fail(fault, after)),
        1 => any::<u64>().prop_map(|seed| Step::Crash { seed }),
        1 => (0..12_u64).prop_map(|changes| Step::PowerOff { changes }),
    ];
    proptest::collection::vec(step, 1..150)
}

struct Run {
    disk: Disk,
    index: KeyIndex,
    log: Log,
    /// The position of the last complete checkpoint.
    checkpoint: u64,
    random: Random,
}

/// The number of different keys.
const KEYS: usize = 20;

impl Run {
    fn step(&mut self, step: Step) {
        match step {
            Step::Push { count } => {
                for _ in 0..count {
                    let keys: Vec<u64> =
                        (0..self.random.below(4)).map(|_| self.random.below(KEYS) as u64).collect();
                    self.log.push(&self.index, keys);
                }
            }
            Step::Checkpoint => self.flush(true),
            Step::Flush => self.flush(false),
            Step::Trim { parts } => {
                let kept = self.checkpoint - self.log.start;
                self.log.start += kept * u64::from(parts) / 255;
                _ = self.index.trim_before(at(self.log.start));
                self.crash_if_off();
            }
            Step::Fail(fault, after) => self.disk.fail_after(fault, after),
            Step::Crash { seed } => self.crash(seed),
            Step::PowerOff { changes } => self.disk.power_off_after(changes),
        }
    }

    fn flush(&mut self, complete: bool) {
        if self.index.flush(at(self.log.end)).is_ok() && complete {
            self.checkpoint = self.log.end;
            _ = self.index.checkpointed();
        }
        self.crash_if_off();
    }

    fn crash_if_off(&mut self) {
        if self.disk.is_off() {
            let seed = self.random.next();
            self.crash(seed);
        }
    }

    /// Starts again after a crash that loses any part of the log after the checkpoint.
    fn crash(&mut self, seed: u64) {
        self.disk = self.disk.crash(seed);
        self.index = open(&self.disk, self.log.start..self.checkpoint);
        let unsynced = (self.log.end - self.checkpoint) as usize / 10;
        let end = self.checkpoint + self.random.below(unsynced + 1) as u64 * 10;
        self.log.replay(&self.index, self.checkpoint, end);
        (0..=KEYS as u64).for_each(|key| self.log.check(&self.index, key));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn after_any_crash_all_keys_of_the_log_are_found(steps in steps(), seed: u64) {
        let disk = Disk::default();
        let index = open(&disk, 0..0);
        let log = Log::default();
        let mut run = Run { disk, index, log, checkpoint: 0, random: Random::new(seed) };
        for step in steps {
            run.step(step);
        }
        run.crash(seed);
    }
}
