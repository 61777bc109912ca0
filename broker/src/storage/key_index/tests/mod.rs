//! Tests of the index of keys on a simulated disk.

mod crash;

use super::merge::FAN_IN;
use super::run::name_of;
use super::{KeyIndex, stored_hash};
use crate::log::CommitLogOffset;
use crate::storage::StorageError;
use crate::storage::files::simulated::{Disk, Fault, Random};

const FOLDER: &str = "index";

fn at(position: u64) -> CommitLogOffset {
    CommitLogOffset::new(position)
}

fn open(disk: &Disk, log: std::ops::Range<u64>) -> KeyIndex {
    KeyIndex::open(disk.folder(FOLDER), at(log.start)..at(log.end)).unwrap()
}

fn find(index: &KeyIndex, hash: u64, max: usize) -> Vec<u64> {
    index.find(hash, max).unwrap().into_iter().map(CommitLogOffset::as_u64).collect()
}

fn checkpoint(index: &KeyIndex, upto: u64) {
    index.flush(at(upto)).unwrap();
    index.checkpointed().unwrap();
}

/// All pairs of a hash and the offset of a record, 10 bytes each.
#[derive(Clone, Debug, Default)]
struct Log {
    pairs: Vec<(u64, u64)>,
    start: u64,
    end: u64,
}

impl Log {
    fn push(&mut self, index: &KeyIndex, hashes: impl IntoIterator<Item = u64>) {
        for hash in hashes {
            self.pairs.push((hash, self.end));
            index.push(hash, at(self.end));
        }
        self.end += 10;
    }

    fn replay(&mut self, index: &KeyIndex, checkpoint: u64, end: u64) {
        self.pairs.retain(|(_, at)| *at < end);
        self.end = end;
        for (hash, at_) in self.pairs.iter().filter(|(_, at)| *at >= checkpoint) {
            index.push(*hash, at(*at_));
        }
    }

    /// Compares what is found of records that are not deleted, of which the newest come first.
    fn check(&self, index: &KeyIndex, hash: u64) {
        let newest = self.pairs.iter().rev();
        let wanted: Vec<u64> = newest
            .filter(|(pair, at)| *pair == hash && *at >= self.start)
            .map(|(_, at)| *at)
            .collect();
        let mut found = find(index, hash, usize::MAX);
        found.truncate(found.partition_point(|at| *at >= self.start));
        assert_eq!(found, wanted, "hash {hash}");
        for max in [0, 1, 2, 100] {
            let few = find(index, hash, max);
            assert!(few.len() <= max && few.iter().zip(&wanted).all(|(a, b)| a == b));
        }
    }
}

#[test]
fn keys_are_found_in_memory_and_in_runs_newest_first() {
    let disk = Disk::default();
    let index = open(&disk, 0..0);
    let mut log = Log::default();
    for round in 0..5_000_u64 {
        log.push(&index, [round, round % 7 + 1_000_000]);
        if round % 1100 == 0 {
            checkpoint(&index, log.end);
        }
    }
    for index in [&index, &{
        checkpoint(&index, log.end);
        open(&disk, 0..log.end)
    }] {
        for hash in [0, 1, 77, 4_999, 5_000, 1_000_000, 1_000_006, u64::MAX] {
            log.check(index, hash);
        }
    }
}

#[test]
fn the_same_key_of_many_records_is_found_newest_first() {
    let disk = Disk::default();
    let index = open(&disk, 0..0);
    let mut log = Log::default();
    for other in 0..3_000 {
        log.push(&index, [42, other, 42]);
    }
    checkpoint(&index, log.end);
    log.check(&index, 42);
    log.check(&index, 2_999);
    assert_eq!(find(&index, 42, 3), [29_990, 29_990, 29_980]);
}

#[test]
fn only_entries_before_the_checkpoint_are_written() {
    let disk = Disk::default();
    let index = open(&disk, 0..0);
    let mut log = Log::default();
    (0..9_000).for_each(|_| log.push(&index, [5]));
    index.flush(at(50_000)).unwrap();
    log.check(&index, 5);
    assert_eq!(find(&open(&disk, 0..50_000), 5, usize::MAX).len(), 5_000);
    index.flush(at(log.end)).unwrap();
    log.check(&index, 5);
    log.check(&open(&disk, 0..log.end), 5);
}

#[test]
fn records_that_are_far_apart_are_in_several_runs() {
    let disk = Disk::default();
    let index = open(&disk, 0..0);
    let offsets = [0, 1, 1 << 32, (1 << 32) + 1, (1 << 33) + 5, 1 << 40];
    offsets.iter().for_each(|offset| index.push(3, at(*offset)));
    let newest: Vec<u64> = offsets.into_iter().rev().collect();
    assert_eq!(find(&index, 3, 100), newest);
    checkpoint(&index, 1 << 41);
    assert_eq!(find(&index, 3, 100), newest);
    let index = open(&disk, 0..1 << 41);
    assert_eq!(find(&index, 3, 100), newest);
    assert_eq!(disk.folder(FOLDER).list().unwrap().len(), 4);
}

#[test]
fn runs_are_merged_so_that_there_are_few() {
    let disk = Disk::default();
    let index = open(&disk, 0..0);
    let mut log = Log::default();
    let mut most = 0;
    for round in 0..300_u64 {
        (0..20).for_each(|other| log.push(&index, [round, other]));
        checkpoint(&index, log.end);
        most = most.max(disk.folder(FOLDER).list().unwrap().len());
    }
    assert!(most <= 3 * FAN_IN, "{most} files");
    for hash in [0, 1, 19, 20, 150, 299, 300] {
        log.check(&index, hash);
        log.check(&open(&disk, 0..log.end), hash);
    }
}

#[test]
fn runs_of_deleted_records_are_removed() {
    let disk = Disk::default();
    let index = open(&disk, 0..0);
    let mut log = Log::default();
    for hash in 0..4 {
        log.push(&index, [hash]);
        checkpoint(&index, log.end);
    }
    index.trim_before(at(25)).unwrap();
    let left = [20..30, 30..40].map(|log| name_of(&log));
    assert_eq!(disk.folder(FOLDER).list().unwrap(), left);
    assert!(find(&index, 1, 9).is_empty());
    assert_eq!(find(&index, 3, 9), [30]);
    open(&disk, 35..40);
    assert_eq!(disk.folder(FOLDER).list().unwrap(), left[1..]);
}

#[test]
fn a_failed_flush_or_merge_loses_nothing() {
    for fault in [Fault::NoRoom, Fault::Write, Fault::Sync] {
        for after in 0..3 {
            let disk = Disk::default();
            let index = open(&disk, 0..0);
            let mut log = Log::default();
            let mut checkpoint = 0;
            for round in 0..=FAN_IN as u64 {
                (0..9).for_each(|_| log.push(&index, [1, round]));
                if round == FAN_IN as u64 - 1 {
                    disk.fail_after(fault, after);
                }
                if index.flush(at(log.end)).is_ok() {
                    checkpoint = log.end;
                    _ = index.checkpointed();
                }
            }
            assert!(checkpoint >= log.end - 90, "at most one flush fails");
            index.flush(at(log.end)).unwrap();
            checkpoint = log.end;
            for seed in 0..20 {
                let index = open(&disk.crash(seed), 0..checkpoint);
                log.check(&index, 1);
                log.check(&index, FAN_IN as u64 - 1);
            }
        }
    }
}

#[test]
fn damage_is_found() {
    let disk = Disk::default();
    let index = open(&disk, 0..0);
    index.push(1, at(0));
    checkpoint(&index, 10);
    disk.damage(FOLDER, &name_of(&(0..10)), 3, &[0xff]);
    let error = index.find(1, 1).unwrap_err();
    assert!(matches!(error, StorageError::Index { offset: 0, .. }));
}

#[test]
fn a_search_reads_few_pages_whatever_the_hashes_are() {
    // An hour's keys, and as many records with one key.
    let disk = Disk::default();
    let index = open(&disk, 0..0);
    let mut random = Random::new(1);
    for record in 0..200_000 {
        index.push(random.next(), at(record));
        index.push(77, at(record));
    }
    checkpoint(&index, 200_000);
    let before = disk.counts().reads;
    for _ in 0..100 {
        assert!(find(&index, random.next(), 10).is_empty());
    }
    let reads = disk.counts().reads - before;
    assert!(reads <= 100 * 12, "{reads} reads");
    let before = disk.counts().reads;
    assert_eq!(find(&index, 77, 10).len(), 10);
    let reads = disk.counts().reads - before;
    assert!(reads <= 16, "{reads} reads");
}

#[test]
fn the_stored_part_of_a_hash_never_changes() {
    assert_eq!([0, 1, 2, u64::MAX].map(stored_hash), [0, 0xb456_bcf0, 0x3abf_2a20, 0x64b5_7200]);
}
