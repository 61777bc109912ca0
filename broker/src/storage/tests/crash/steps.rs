//! Any order of appends, checkpoints, deletions, faults and crashes.

use super::machine::Machine;
use crate::Flush;
use crate::storage::disk::DiskOptions;
use crate::storage::files::simulated::Fault;
use crate::storage::{Storage, StorageError};
use proptest::prelude::*;

#[derive(Clone, Debug)]
enum Step {
    Append {
        count: usize,
        flush: Flush,
    },
    Checkpoint,
    /// Deletes what is older than a part of all rounds.
    Trim {
        parts: u8,
    },
    Fail(Fault, u64),
    Crash {
        seed: u64,
        interrupted: Option<u64>,
    },
    PowerOff {
        changes: u64,
    },
    Kill,
    Close,
    Check,
}

fn flush() -> impl Strategy<Value = Flush> {
    prop_oneof![Just(Flush::Sync), Just(Flush::Async)]
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let fault = prop_oneof![Just(Fault::NoRoom), Just(Fault::Write), Just(Fault::Sync)];
    let interrupted = proptest::option::weighted(0.3, 0..8_u64);
    let step = prop_oneof![
        10 => (1..12_usize, flush()).prop_map(|(count, flush)| Step::Append { count, flush }),
        2 => Just(Step::Checkpoint),
        1 => (0..=255_u8).prop_map(|parts| Step::Trim { parts }),
        1 => (fault, 0..10_u64).prop_map(|(fault, after)| Step::Fail(fault, after)),
        2 => (any::<u64>(), interrupted)
            .prop_map(|(seed, interrupted)| Step::Crash { seed, interrupted }),
        2 => (0..30_u64).prop_map(|changes| Step::PowerOff { changes }),
        1 => Just(Step::Kill),
        1 => Just(Step::Close),
        1 => Just(Step::Check),
    ];
    proptest::collection::vec(step, 1..40)
}

impl Machine {
    fn step(&mut self, step: Step) {
        let result = match step {
            Step::Append { count, flush } => (0..count).try_for_each(|_| self.append(flush)),
            Step::Checkpoint => self.checkpoint(),
            Step::Trim { parts } => self.trim(self.ledger.now() * i64::from(parts) / 255),
            Step::Fail(fault, after) => {
                self.disk.fail_after(fault, after);
                Ok(())
            }
            Step::PowerOff { changes } => {
                self.disk.power_off_after(changes);
                Ok(())
            }
            Step::Crash { seed, interrupted } => {
                self.crash(seed, interrupted);
                Ok(())
            }
            Step::Kill => {
                if !self.disk.is_off() {
                    self.kill();
                }
                Ok(())
            }
            Step::Close => {
                // A last checkpoint, unless the power fails.
                self.storage = None;
                let seed = self.random.next();
                self.crash(seed, None);
                Ok(())
            }
            Step::Check => {
                // The store's threads may let the power fail at any time.
                if !self.disk.loses_power() {
                    self.check();
                }
                Ok(())
            }
        };
        let failed = result.as_ref().is_err_and(StorageError::is_final);
        if self.disk.is_off() || (failed && self.random.one_in(2)) {
            let seed = self.random.next();
            self.crash(seed, None);
        } else if failed {
            self.kill();
        }
    }
}

fn run(flush: Flush, segment_size: u64, steps: Vec<Step>, seed: u64) {
    let options = DiskOptions { segment_size, ..DiskOptions::new(flush) };
    let mut machine = Machine::new(options, seed);
    steps.into_iter().for_each(|step| machine.step(step));
    machine.crash(seed, None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn nothing_that_was_synced_is_lost_and_no_round_is_there_in_part(
        flush in flush(),
        segment_size in prop_oneof![Just(8 * 1024_u64), Just(64 * 1024)],
        steps in steps(),
        seed: u64,
    ) {
        run(flush, segment_size, steps, seed);
    }
}

/// A long series of crashes, each while rounds are appended.
#[test]
fn crashes_during_appends() {
    for seed in 0..15 {
        let options = DiskOptions { segment_size: 32 * 1024, ..DiskOptions::new(Flush::Sync) };
        let mut machine = Machine::new(options, seed);
        for _ in 0..10 {
            let changes = machine.random.below(60) as u64;
            machine.disk.power_off_after(changes);
            while !machine.disk.is_off() {
                let flush = if machine.random.one_in(3) { Flush::Async } else { Flush::Sync };
                if machine.append(flush).is_err() {
                    break;
                }
            }
            let seed = machine.random.next();
            machine.crash(seed, Some(changes % 7));
        }
        machine.storage().trim(0).unwrap();
    }
}

/// A failed sync leaves bytes in the system's memory only. The next process finds them, and goes on behind
/// them.
#[test]
fn a_process_that_goes_on_after_a_failed_sync_loses_nothing_when_the_power_fails() {
    for seed in 0..30 {
        let options = DiskOptions { segment_size: 32 * 1024, ..DiskOptions::new(Flush::Sync) };
        let mut machine = Machine::new(options, seed);
        (0..5).for_each(|_| machine.append(Flush::Sync).unwrap());
        machine.disk.fail_after(Fault::Sync, 0);
        machine.append(Flush::Sync).unwrap_err();
        machine.kill();
        (0..5).for_each(|_| machine.append(Flush::Sync).unwrap());
        machine.crash(seed, None);
    }
}

/// The beginning of a deletion that could not be synced is in the system's memory only. The next process finds it there, and deletes. Found by
/// the test of all steps.
#[test]
fn a_process_that_finishes_a_deletion_after_a_failed_sync_loses_nothing_when_the_power_fails() {
    use Step::{Append, Close, Crash, Fail, PowerOff, Trim};
    let append = |count| Append { count, flush: Flush::Sync };
    let steps = vec![
        Crash { seed: 0, interrupted: None },
        append(2),
        append(7),
        append(9),
        append(11),
        Crash { seed: 0, interrupted: None },
        PowerOff { changes: 22 },
        append(6),
        Close,
        Close,
        Close,
        Crash { seed: 9_636_296_030_005_976_463, interrupted: None },
        Append { count: 4, flush: Flush::Async },
        Fail(Fault::Sync, 3),
        Trim { parts: 224 },
    ];
    run(Flush::Sync, 8192, steps, 10_039_157_407_760_288_643);
}
