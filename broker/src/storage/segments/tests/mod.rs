//! The log on a simulated disk.

mod recovery;

use super::{Known, LogOptions, Replayed, SegmentLog};
use crate::Flush;
use crate::log::CommitLogOffset;
use crate::storage::files::Folder;
use crate::storage::files::simulated::{Disk, Fault};
use crate::storage::tests::record;
use crate::storage::{QueueEntry, Reads, Round, StorageError, StorageTable};
use bytes::BytesMut;
use rocketmq_tower::message::Position;
use std::sync::Arc;

const OPTIONS: LogOptions =
    LogOptions { segment_size: 4096, secret: 7, flush: Flush::Async, skip_damage: false };

/// The log is replayed from this offset on.
fn known(start: u64) -> Known {
    Known { start, durable: start, time: 0, begin: 0 }
}

/// A log, and the records of its rounds.
struct Rounds {
    disk: Disk,
    log: SegmentLog,
    stored: Vec<(QueueEntry, Vec<u8>)>,
}

impl Rounds {
    fn new(options: LogOptions) -> Self {
        Self::on(Disk::default(), options)
    }

    fn on(disk: Disk, options: LogOptions) -> Self {
        let log = SegmentLog::open(disk.folder("log"), options, known(0), &mut |_| Ok(())).unwrap();
        Self { disk, log, stored: Vec::new() }
    }

    fn try_append(&mut self, flush: Flush) -> Result<(), StorageError> {
        self.append_long(500, flush)
    }

    /// Appends a round with a property of this length.
    fn append_long(&mut self, length: usize, flush: Flush) -> Result<(), StorageError> {
        let offset = self.stored.len() as i64;
        let mut new = record(1, offset, &[("P", &"x".repeat(length))]);
        new.stored_at = offset;
        let mut round = Round { records: vec![new], ..Round::default() };
        round.rows.put(StorageTable::Config, "key", offset.to_be_bytes().to_vec());
        self.log.place(&mut round);
        let new = &mut round.records[0];
        let (at, queue_offset) = (new.at, new.queue_offset);
        let position = Position {
            queue_offset,
            commit_log_offset: at.as_i64(),
            store_timestamp: new.stored_at,
        };
        position.write_to(&mut new.record).unwrap();
        let entry = QueueEntry { at, size: new.record.len() as u32, tag: 0 };
        let bytes = new.record.to_vec();
        self.log.append(&round, flush)?;
        self.stored.push((entry, bytes));
        Ok(())
    }

    fn append(&mut self, count: usize, flush: Flush) {
        (0..count).for_each(|_| self.try_append(flush).unwrap());
    }

    fn entries(&self) -> Vec<QueueEntry> {
        self.stored.iter().map(|(entry, _)| *entry).collect()
    }

    /// Checks that `log` has exactly these rounds.
    fn check(&self, log: &SegmentLog, rounds: std::ops::Range<usize>) {
        let mut body = BytesMut::new();
        log.copy(&self.entries(), Reads::All, &mut body).unwrap();
        let wanted: Vec<_> =
            self.stored[rounds.clone()].iter().map(|(_, bytes)| &**bytes).collect();
        assert!(body == wanted.concat());
        for (number, (entry, bytes)) in self.stored.iter().enumerate() {
            let found = log.record(entry.at).unwrap();
            let wanted = rounds.contains(&number).then_some(bytes);
            assert_eq!(found.as_deref(), wanted.map(|bytes| &**bytes), "round {number}");
        }
    }

    fn files(&self) -> Vec<String> {
        self.disk.folder("log").list().unwrap()
    }
}

#[test]
fn records_are_read_from_memory_and_from_files() {
    let mut rounds = Rounds::new(OPTIONS);
    rounds.append(30, Flush::Async);
    rounds.check(&rounds.log, 0..30);
    assert!(rounds.files().len() > 3);
    assert!(rounds.log.is_recent(rounds.stored[0].0.at));

    let again = Rounds::on(rounds.disk.clone(), OPTIONS).log;
    assert!(!again.is_recent(rounds.stored[29].0.at));
    rounds.check(&again, 0..30);
    // One by one, and in another order.
    let mut body = BytesMut::new();
    for (entry, bytes) in rounds.stored.iter().rev() {
        body.clear();
        again.copy(&[*entry], Reads::All, &mut body).unwrap();
        assert!(body == bytes);
    }
}

#[test]
fn a_read_that_must_not_wait_for_the_disk_fails_if_it_would() {
    let mut rounds = Rounds::new(OPTIONS);
    rounds.append(600, Flush::Async);
    let entries = rounds.entries();
    let is_read = |log: &SegmentLog, index: usize| {
        let mut body = BytesMut::new();
        match log.copy(&entries[index..=index], Reads::Cached, &mut body) {
            Err(StorageError::NotCached) => false,
            read => read.is_ok() && body == rounds.stored[index].1,
        }
    };
    assert!(is_read(&rounds.log, 599), "the newest ones are in memory");
    let again = Rounds::on(rounds.disk.clone(), OPTIONS).log;
    assert!(!is_read(&again, 599));
    rounds.disk.cache(true);
    assert!(is_read(&again, 599), "the system has the file");
    assert!(!is_read(&again, 0), "opening a file may wait");
    assert!(again.record(entries[0].at).unwrap().is_some());
    assert!(is_read(&again, 0), "the file is open");
}

#[test]
fn nothing_is_found_where_no_record_begins() {
    let mut rounds = Rounds::new(OPTIONS);
    rounds.append(2, Flush::Async);
    let again = Rounds::on(rounds.disk.clone(), OPTIONS).log;
    let starts: Vec<_> = rounds.stored.iter().map(|(entry, _)| entry.at.as_u64()).collect();
    for log in [&rounds.log, &again] {
        for at in (0..log.end() + 50).filter(|at| !starts.contains(at)).chain([u64::MAX]) {
            assert_eq!(log.record(CommitLogOffset::new(at)).unwrap(), None, "{at}");
        }
    }
}

#[test]
fn a_round_lies_in_one_segment_and_segments_have_no_gap() {
    let mut rounds = Rounds::new(OPTIONS);
    rounds.append(50, Flush::Async);
    let mut end = 0;
    for name in rounds.files() {
        assert_eq!(name.parse::<u64>().unwrap(), end);
        let file = rounds.disk.folder("log").open(&name).unwrap();
        assert!(file.len().unwrap() <= OPTIONS.segment_size);
        end += file.len().unwrap();
    }
    assert_eq!(end, rounds.log.end());
}

#[test]
fn a_round_that_is_longer_than_a_segment_has_one_of_its_own() {
    let mut rounds = Rounds::new(LogOptions { segment_size: 100, ..OPTIONS });
    rounds.append(3, Flush::Async);
    assert_eq!(rounds.files().len(), 3);
    rounds.check(&rounds.log, 0..3);
}

#[test]
fn old_segments_are_deleted_and_others_kept() {
    let mut rounds = Rounds::new(OPTIONS);
    rounds.append(40, Flush::Async);
    let needed = rounds.stored[20].0.at.as_u64();
    let start = rounds.log.trim(i64::MAX, needed).unwrap();
    assert!(start <= needed && needed - start < OPTIONS.segment_size);
    let first = rounds.stored.iter().position(|(entry, _)| entry.at.as_u64() > start).unwrap();
    rounds.check(&rounds.log, first..40);

    let start = rounds.log.trim(30, u64::MAX).unwrap();
    let first = rounds.stored.iter().position(|(entry, _)| entry.at.as_u64() > start).unwrap();
    assert!((23..=30).contains(&first), "{first}");
    rounds.check(&rounds.log, first..40);
    assert_eq!(rounds.files()[0].parse::<u64>().unwrap(), start);
    assert_eq!(rounds.log.trim(30, u64::MAX).unwrap(), start);
}

#[test]
fn the_last_segment_is_deleted_after_another_has_begun() {
    let mut rounds = Rounds::new(OPTIONS);
    rounds.append(3, Flush::Async);
    rounds.log.retire_before(2).unwrap();
    assert_eq!(rounds.log.trim(2, u64::MAX).unwrap(), 0, "the last record is not older");
    rounds.log.retire_before(3).unwrap();
    rounds.log.retire_before(3).unwrap();
    let end = rounds.log.end();
    assert_eq!(rounds.log.trim(3, u64::MAX).unwrap(), end);
    rounds.append(2, Flush::Async);
    rounds.check(&rounds.log, 3..5);
    assert_eq!(rounds.files().len(), 1);
}

#[test]
fn a_file_of_a_deleted_segment_is_used_again() {
    let mut rounds = Rounds::new(LogOptions { flush: Flush::Sync, ..OPTIONS });
    for _ in 0..10 {
        rounds.append(30, Flush::Sync);
        rounds.log.trim(i64::MAX, u64::MAX).unwrap();
    }
    let first = rounds.stored.iter().position(|(entry, _)| entry.at.as_u64() > rounds.log.start());
    rounds.check(&rounds.log, first.unwrap()..300);
    let spares = rounds.files().iter().filter(|name| name.starts_with("spare")).count();
    // As many as 30 rounds fill.
    assert!((2..=6).contains(&spares), "{:?}", rounds.files());
    // After a time with few rounds, two are enough.
    for _ in 0..2 {
        rounds.append(1, Flush::Sync);
        rounds.log.trim(i64::MAX, u64::MAX).unwrap();
    }
    let spares = rounds.files().iter().filter(|name| name.starts_with("spare")).count();
    assert!(spares <= 2, "{:?}", rounds.files());
    // What the files had before is no part of the log.
    let end = rounds.log.end();
    let disk = rounds.disk.copy();
    let start = rounds.log.start();
    let again =
        SegmentLog::open(disk.folder("log"), OPTIONS, known(start), &mut |_| Ok(())).unwrap();
    assert_eq!(again.end(), end);
}

#[test]
fn zeros_are_written_ahead_of_small_rounds_only() {
    let mut rounds =
        Rounds::new(LogOptions { flush: Flush::Sync, segment_size: 150 * 1024, ..OPTIONS });
    for _ in 0..50 {
        rounds.append_long(30 * 1024, Flush::Sync).unwrap();
    }
    rounds.check(&rounds.log, 0..50);
    assert_eq!(rounds.disk.counts().bytes_written, rounds.log.end());

    let mut rounds =
        Rounds::new(LogOptions { flush: Flush::Sync, segment_size: 300 * 1024, ..OPTIONS });
    rounds.append(1000, Flush::Sync);
    rounds.check(&rounds.log, 0..1000);
    let (end, written) = (rounds.log.end(), rounds.disk.counts().bytes_written);
    assert!(written > end * 3 / 2 && written <= end * 2 + 256 * 1024, "{written} of {end}");
}

#[test]
fn a_segment_for_which_there_was_no_room_is_begun_when_there_is() {
    let mut rounds = Rounds::new(LogOptions { flush: Flush::Sync, ..OPTIONS });
    for number in 0..100 {
        // Also hits zeros.
        rounds.disk.fail_after(Fault::NoRoom, number % 3);
        while let Err(full) = rounds.try_append(Flush::Sync) {
            assert!(matches!(full, StorageError::Full(_)), "{full}");
        }
    }
    rounds.check(&rounds.log, 0..100);
}

#[test]
fn with_too_many_open_files_nothing_is_stored_and_later_rounds_are() {
    let mut rounds = Rounds::new(OPTIONS);
    rounds.append(1, Flush::Async);
    rounds.disk.fail_after(Fault::Files, 0);
    let failed = (0..100).find_map(|_| rounds.try_append(Flush::Async).err());
    assert!(matches!(failed, Some(StorageError::Files(_))), "{failed:?}");
    rounds.append(20, Flush::Async);
    rounds.check(&rounds.log, 0..rounds.stored.len());
}

#[test]
fn with_a_full_disk_nothing_is_stored_and_later_rounds_are() {
    let mut rounds = Rounds::new(OPTIONS);
    rounds.append(3, Flush::Sync);
    rounds.disk.fail_after(Fault::NoRoom, 0);
    let full = rounds.try_append(Flush::Sync).unwrap_err();
    assert!(matches!(full, StorageError::Full(_)) && !full.is_final(), "{full}");
    rounds.append(3, Flush::Sync);
    rounds.check(&rounds.log, 0..6);
}

#[test]
fn after_an_error_of_the_disk_nothing_more_is_stored() {
    for fault in [Fault::Write, Fault::Sync] {
        let mut rounds = Rounds::new(OPTIONS);
        rounds.append(3, Flush::Sync);
        rounds.disk.fail_after(fault, 0);
        for _ in 0..3 {
            let failed = rounds.try_append(Flush::Sync).unwrap_err();
            assert!(failed.is_final(), "{fault:?}: {failed}");
        }
    }
}

#[test]
fn a_sync_covers_all_segments_that_were_written_since_the_last() {
    for seed in 0..20 {
        let mut rounds = Rounds::new(OPTIONS);
        rounds.append(20, Flush::Async);
        rounds.append(1, Flush::Sync);
        let disk = rounds.disk.crash(seed);
        let again = Rounds::on(disk, OPTIONS).log;
        rounds.check(&again, 0..21);
    }
}

#[test]
fn few_files_are_open_however_many_segments_there_are() {
    for flush in [Flush::Async, Flush::Sync] {
        let mut rounds = Rounds::new(LogOptions { flush, ..OPTIONS });
        rounds.append(2000, flush);
        rounds.check(&rounds.log, 0..2000);
        assert!(rounds.files().len() > 200);
        assert!(rounds.disk.open_files().1 <= 65, "{:?}", rounds.disk.open_files());
        let disk = rounds.disk.copy();
        let (again, records, _) = replayed(&disk, OPTIONS, 0);
        assert_eq!(records.len(), 2000);
        rounds.check(&again, 0..2000);
        let (open, most) = disk.open_files();
        assert!(open > 10 && most <= 65, "{open}, {most}");
    }
}

#[test]
fn a_file_that_cannot_be_opened_for_a_while_is_read_later() {
    let mut rounds = Rounds::new(OPTIONS);
    rounds.append(600, Flush::Sync);
    let again = Rounds::on(rounds.disk.copy(), OPTIONS);
    again.disk.fail_after(Fault::Files, 0);
    let mut body = BytesMut::new();
    let failed = again.log.copy(&rounds.entries()[..3], Reads::All, &mut body).unwrap_err();
    assert!(matches!(failed, StorageError::Files(_)) && body.is_empty(), "{failed}");
    rounds.check(&again.log, 0..600);
}

/// Opens the log on this disk, and returns it with the queue offsets of the records and the rows that
/// were replayed from `start` on.
fn replayed(disk: &Disk, options: LogOptions, start: u64) -> (SegmentLog, Vec<i64>, Vec<i64>) {
    let (mut records, mut rows) = (Vec::new(), Vec::new());
    let folder: Arc<dyn Folder> = disk.folder("log");
    let log = SegmentLog::open(folder, options, known(start), &mut |part| {
        match part {
            Replayed::Record { record, .. } => records.extend(super::queue_offset(record)),
            Replayed::Rows { rows: changed, .. } => {
                let values = changed.changes().iter().filter_map(|(_, _, value)| value.as_ref());
                rows.extend(values.map(|value| i64::from_be_bytes(value[..].try_into().unwrap())));
            }
        }
        Ok(())
    });
    (log.unwrap(), records, rows)
}
