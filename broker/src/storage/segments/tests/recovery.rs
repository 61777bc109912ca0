//! What is found after a start.

use super::{OPTIONS, Rounds, known, replayed};
use crate::Flush;
use crate::storage::StorageError;
use crate::storage::files::simulated::Fault;
use crate::storage::segments::{LogOptions, SegmentLog};

fn numbers(range: std::ops::Range<usize>) -> Vec<i64> {
    range.map(|number| number as i64).collect()
}

#[test]
fn all_rounds_after_the_checkpoint_are_replayed_in_order() {
    let mut rounds = Rounds::new(OPTIONS);
    rounds.append(12, Flush::Async);
    let checkpoint = rounds.log.end();
    rounds.append(20, Flush::Async);
    for (start, first) in [(0, 0), (checkpoint, 12), (rounds.log.end(), 32)] {
        let (log, records, rows) = replayed(&rounds.disk, OPTIONS, start);
        assert_eq!(records, numbers(first..32));
        assert_eq!(rows, numbers(first..32));
        assert_eq!(log.end(), rounds.log.end());
    }
}

#[test]
fn a_round_that_is_torn_at_any_byte_is_cut_off() {
    let mut rounds = Rounds::new(LogOptions { segment_size: 1 << 20, ..OPTIONS });
    rounds.append(3, Flush::Sync);
    let end = rounds.log.end();
    let name = &rounds.files()[0];
    let whole = rounds.stored[2].0.at.as_u64() - 36;
    for length in whole..end {
        let disk = rounds.disk.copy();
        disk.folder("log").open(name).unwrap().set_len(length).unwrap();
        let (log, records, rows) = replayed(&disk, OPTIONS, 0);
        assert_eq!((records, rows), (numbers(0..2), numbers(0..2)));
        assert_eq!(log.end(), whole);
    }
}

#[test]
fn rounds_after_one_that_power_cut_off_never_come_back() {
    let mut lost = 0;
    for seed in 0..200 {
        let mut rounds = Rounds::new(OPTIONS);
        rounds.append(4, Flush::Sync);
        rounds.append(20, Flush::Async);
        let disk = rounds.disk.crash(seed);
        let (log, records, _) = replayed(&disk, OPTIONS, 0);
        let kept = records.len();
        assert_eq!(records, numbers(0..kept));
        assert!(kept >= 4);
        lost += 24 - kept;
        // The next rounds take the places of those that were lost.
        drop(log);
        rounds.stored.truncate(kept);
        rounds.disk = disk;
        let (log, ..) = replayed(&rounds.disk, OPTIONS, 0);
        rounds.log = log;
        rounds.append(1, Flush::Sync);
        let (_, records, _) = replayed(&rounds.disk.copy(), OPTIONS, 0);
        assert_eq!(records, numbers(0..kept + 1), "seed {seed}");
    }
    assert!(lost > 100, "{lost}: crashes lose rounds");
}

#[test]
fn damage_of_a_round_that_was_synced_is_an_error_and_can_be_skipped() {
    for damaged in [5, 20] {
        let mut rounds = Rounds::new(OPTIONS);
        rounds.append(30, Flush::Sync);
        let at = rounds.stored[damaged].0.at.as_u64();
        let files = rounds.files();
        let name = files.iter().rev().find(|name| name.parse::<u64>().unwrap() <= at).unwrap();
        rounds.disk.damage("log", name, at - name.parse::<u64>().unwrap() + 90, b"?");

        let folder = rounds.disk.folder("log");
        let refused = SegmentLog::open(folder, OPTIONS, known(0), &mut |_| Ok(())).err().unwrap();
        let StorageError::Damaged { file, offset } = &refused else { panic!("{refused}") };
        assert_eq!((file, *offset), (name, at - 36));

        let skip = LogOptions { skip_damage: true, ..OPTIONS };
        let (log, records, rows) = replayed(&rounds.disk, skip, 0);
        let wanted: Vec<_> = numbers(0..30).into_iter().filter(|n| *n != damaged as i64).collect();
        assert_eq!((records, rows), (wanted.clone(), wanted));
        assert_eq!(log.end(), rounds.log.end());
        assert_eq!(log.record(rounds.stored[damaged].0.at).unwrap(), None);
    }
}

#[test]
fn a_log_whose_files_are_missing_is_not_a_new_one() {
    let mut rounds = Rounds::new(OPTIONS);
    rounds.append(20, Flush::Sync);
    let end = rounds.log.end();
    let folder = rounds.disk.folder("log");
    for name in rounds.files().into_iter().rev() {
        folder.remove(&name).unwrap();
        let opened = SegmentLog::open(folder.clone(), OPTIONS, known(end), &mut |_| Ok(()));
        assert!(matches!(opened.err(), Some(StorageError::Damaged { .. })), "{name}");
    }
}

#[test]
fn a_message_that_looks_like_a_round_is_none() {
    // The same bytes, with another secret.
    let mut rounds = Rounds::new(OPTIONS);
    rounds.append(3, Flush::Sync);
    let other = LogOptions { secret: 8, ..OPTIONS };
    let (log, records, _) = replayed(&rounds.disk, other, 0);
    assert_eq!((log.end(), records), (0, Vec::new()));
}

/// The removal of a file that could not be begun may be lost with the power: its name would come back
/// within the last segment, and hide the rounds behind it.
#[test]
fn a_file_that_could_not_be_begun_hides_no_round_after_a_loss_of_power() {
    for seed in 0..50 {
        let mut rounds = Rounds::new(LogOptions { flush: Flush::Sync, ..OPTIONS });
        rounds.append(2, Flush::Sync);
        let checkpoint = rounds.log.end();
        rounds.disk.fail_after(Fault::NoRoom, 0);
        rounds.append_long(3000, Flush::Sync).unwrap_err();
        assert_eq!(rounds.files().len(), 1, "it was removed");
        rounds.append(1, Flush::Sync);
        let disk = rounds.disk.crash(seed);
        let options = LogOptions { flush: Flush::Sync, ..OPTIONS };
        let (log, records, _) = replayed(&disk, options, checkpoint);
        assert_eq!((records, log.end()), (numbers(2..3), rounds.log.end()), "seed {seed}");
    }
}
