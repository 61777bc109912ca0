//! Tests of the index of queues on a simulated disk.

mod crash;
mod model;

use super::{FILE, QueueIndex};
use crate::log::CommitLogOffset;
use crate::storage::files::simulated::{Disk, Fault};
use crate::storage::{MAX_ENTRIES, QueueEntry, Reads, StorageError};
use model::Log;

const FOLDER: &str = "index";

fn at(position: u64) -> CommitLogOffset {
    CommitLogOffset::new(position)
}

fn open(disk: &Disk, log: std::ops::Range<u64>) -> QueueIndex {
    QueueIndex::open(&*disk.folder(FOLDER), at(log.start)..at(log.end)).unwrap()
}

/// Returns all entries of a queue.
fn all(index: &QueueIndex, queue: u32) -> Vec<QueueEntry> {
    let bounds = index.bounds(queue);
    let mut entries = Vec::new();
    loop {
        let start = bounds.start + entries.len() as i64;
        let before = entries.len();
        index.entries(queue, start..bounds.end, Reads::All, &mut entries).unwrap();
        if entries.len() == before {
            assert_eq!(start, bounds.end, "queue {queue} has a gap");
            return entries;
        }
    }
}

#[test]
fn entries_are_read_from_memory_and_from_the_disk() {
    let disk = Disk::default();
    let mut log = Log::default();
    let index = open(&disk, 0..0);
    for count in [1, 255, 1, 300, 700] {
        log.push(&index, 7, count);
        log.check(&index);
        index.flush(at(log.end)).unwrap();
        index.checkpointed();
        log.check(&index);
        log.check(&open(&disk, 0..log.end));
    }
    assert_eq!(index.bounds(7), 0..1257);
    assert_eq!(index.bounds(8), 0..0);
}

#[test]
fn reads_begin_and_end_where_they_are_asked_to() {
    let disk = Disk::default();
    let mut log = Log::default();
    let index = open(&disk, 0..0);
    log.push(&index, 1, 10_000);
    index.flush(at(log.end)).unwrap();
    index.checkpointed();
    let index = open(&disk, 0..log.end);
    log.push(&index, 1, 100);
    let wanted = all(&index, 1);
    for (from, to) in [(0, 1), (255, 257), (300, 301), (9990, 10_050), (10_099, 10_100)] {
        let mut entries = Vec::new();
        index.entries(1, from..to, Reads::All, &mut entries).unwrap();
        assert_eq!(entries, wanted[from as usize..to as usize], "{from}..{to}");
    }
    for nothing in [-1..5, 10_100..10_200, 5..5, i64::MAX - 1..i64::MAX] {
        let mut entries = Vec::new();
        index.entries(1, nothing, Reads::All, &mut entries).unwrap();
        assert!(entries.is_empty());
    }
    let mut entries = Vec::new();
    index.entries(1, 3..i64::MAX, Reads::All, &mut entries).unwrap();
    assert_eq!(entries, wanted[3..3 + MAX_ENTRIES]);
}

#[test]
fn entries_are_in_memory_until_they_were_left_alone_for_a_checkpoint() {
    let disk = Disk::default();
    let mut log = Log::default();
    let index = open(&disk, 0..0);
    log.push(&index, 1, 300);
    index.flush(at(log.end)).unwrap();
    let in_memory = |queue, offset| {
        let mut found = Vec::new();
        let read = index.entries(queue, offset..offset + 1, Reads::Cached, &mut found);
        match read {
            Err(StorageError::NotCached) => false,
            read => read.is_ok() && found.len() == 1,
        }
    };
    assert!(in_memory(1, 0) && in_memory(1, 299));
    log.push(&index, 2, 1);
    index.flush(at(log.end)).unwrap();
    assert!(!in_memory(1, 0) && !in_memory(1, 299));
    assert!(in_memory(2, 0) && !in_memory(2, 1));
    disk.cache(true);
    assert!(in_memory(1, 0) && in_memory(1, 299), "the system has them");
    log.check(&index);
}

#[test]
fn only_entries_before_the_checkpoint_are_written() {
    let disk = Disk::default();
    let mut log = Log::default();
    let index = open(&disk, 0..0);
    log.push(&index, 1, 10);
    let checkpoint = log.end;
    log.push(&index, 1, 10);
    index.flush(at(checkpoint)).unwrap();
    assert_eq!(open(&disk, 0..checkpoint).bounds(1), 0..10);
    index.flush(at(log.end)).unwrap();
    assert_eq!(open(&disk, 0..log.end).bounds(1), 0..20);
}

#[test]
fn a_full_block_is_written_once_and_a_partial_one_frees_the_one_before() {
    let disk = Disk::default();
    let mut log = Log::default();
    let index = open(&disk, 0..0);
    let mut checkpoint = |index: &QueueIndex, count| {
        log.push(index, 1, count);
        let before = disk.counts().bytes_written;
        index.flush(at(log.end)).unwrap();
        index.checkpointed();
        disk.counts().bytes_written - before
    };
    // Two blocks and their headers.
    assert_eq!(checkpoint(&index, 341), 8 + 340 * 12 + 8 + 12 + 2 * 40);
    assert_eq!(checkpoint(&index, 1), 8 + 2 * 12 + 40);
    // The headers of free blocks are cleared, and the blocks used again.
    for _ in 0..100 {
        checkpoint(&index, 1);
    }
    let len = disk.folder(FOLDER).open(FILE).unwrap().len().unwrap();
    assert!(len <= 5 * 4096, "{len} bytes");
}

#[test]
fn nothing_is_written_without_new_entries() {
    let disk = Disk::default();
    let mut log = Log::default();
    let index = open(&disk, 0..0);
    log.push(&index, 1, 10);
    index.flush(at(log.end)).unwrap();
    let before = disk.counts().changes;
    index.flush(at(log.end)).unwrap();
    assert_eq!(disk.counts().changes, before);
}

#[test]
fn trimming_moves_the_first_offset_exactly_and_frees_whole_blocks() {
    let disk = Disk::default();
    let mut log = Log::default();
    let index = open(&disk, 0..0);
    for _ in 0..1000 {
        log.push(&index, 1, 1);
        log.push(&index, 2, 1);
    }
    index.flush(at(log.end)).unwrap();
    index.checkpointed();
    assert_eq!(index.trim_before(at(0)).unwrap(), []);
    let mut moved = log.trim(&index, 1400);
    moved.sort_unstable();
    assert_eq!(moved, [(1, 700), (2, 700)]);
    assert_eq!(log.trim(&index, 1401), [(1, 701)]);
    assert_eq!(log.trim(&index, 1401), []);
    log.check(&index);
    // Two blocks of each queue are free after the next checkpoint.
    let len = || disk.folder(FOLDER).open(FILE).unwrap().len().unwrap();
    let before = len();
    log.push(&index, 3, 1);
    index.flush(at(log.end)).unwrap();
    index.checkpointed();
    log.push(&index, 3, 700);
    index.flush(at(log.end)).unwrap();
    assert_eq!(len(), before.next_multiple_of(4096) + 20, "one more block, of one entry");
    log.check(&index);
    log.check(&open(&disk, log.start..log.end));
}

#[test]
fn a_queue_whose_entries_were_all_trimmed_keeps_its_end() {
    let disk = Disk::default();
    let mut log = Log::default();
    let index = open(&disk, 0..0);
    log.push(&index, 1, 300);
    index.flush(at(log.end)).unwrap();
    index.checkpointed();
    assert_eq!(log.trim(&index, 300), [(1, 300)]);
    assert_eq!(index.bounds(1), 300..300);
    let index = open(&disk, log.end..log.end);
    assert_eq!(index.bounds(1), 300..300);
    log.push(&index, 1, 5);
    assert_eq!(index.bounds(1), 300..305);
    log.check(&index);
    index.flush(at(log.end)).unwrap();
    log.check(&open(&disk, log.start..log.end));
}

#[test]
fn offsets_that_are_known_are_left_alone_and_gaps_are_filled() {
    let disk = Disk::default();
    let index = open(&disk, 0..0);
    let entry = |at_, size| QueueEntry { at: at(at_), size, tag: 9 };
    index.push(1, 100, entry(1000, 1)).unwrap();
    index.push(1, 100, entry(2000, 2)).unwrap();
    index.push(1, 103, entry(3000, 3)).unwrap();
    let gap = QueueEntry { at: at(3000), size: 0, tag: 0 };
    assert_eq!(all(&index, 1), [entry(1000, 1), gap, gap, entry(3000, 3)]);
    let error = index.push(1, 1 << 40, entry(4000, 4)).unwrap_err();
    assert!(matches!(error, StorageError::Index { offset: 4000, .. }));
}

#[test]
fn a_failed_flush_loses_nothing() {
    for fault in [Fault::NoRoom, Fault::Write, Fault::Sync] {
        let disk = Disk::default();
        let mut log = Log::default();
        let index = open(&disk, 0..0);
        log.push(&index, 1, 300);
        disk.fail_after(fault, 0);
        let error = index.flush(at(log.end)).unwrap_err();
        assert!(matches!(error, StorageError::Write(_) | StorageError::Full(_)), "{error}");
        log.check(&index);
        log.push(&index, 1, 3);
        index.flush(at(log.end)).unwrap();
        for seed in 0..20 {
            log.check(&open(&disk.crash(seed), 0..log.end));
        }
    }
}

#[test]
fn damage_is_found_when_it_is_read() {
    let disk = Disk::default();
    let mut log = Log::default();
    let index = open(&disk, 0..0);
    log.push(&index, 1, 800);
    index.flush(at(log.end)).unwrap();
    disk.damage(FOLDER, FILE, 2 * 4096 + 5, &[0xff]);
    let index = open(&disk, 0..log.end);
    let mut entries = Vec::new();
    index.entries(1, 0..340, Reads::All, &mut entries).unwrap();
    let error = index.entries(1, 340..400, Reads::All, &mut entries).unwrap_err();
    assert!(matches!(error, StorageError::Index { offset: 8192, .. }));
}

#[test]
fn a_missing_block_is_found_at_the_start() {
    let disk = Disk::default();
    let mut log = Log::default();
    let index = open(&disk, 0..0);
    log.push(&index, 1, 800);
    index.flush(at(log.end)).unwrap();
    // The header of the second of three blocks.
    disk.damage(FOLDER, FILE, 40, &[0xff]);
    let opened = QueueIndex::open(&*disk.folder(FOLDER), at(0)..at(log.end));
    assert!(matches!(opened.err(), Some(StorageError::Index { .. })));
}

#[test]
fn readers_see_whole_entries_while_blocks_are_replaced() {
    let disk = Disk::default();
    let index = open(&disk, 0..0);
    let entry =
        |offset: i64| QueueEntry { at: at(offset as u64 * 100), size: 1, tag: offset as u32 };
    let done = std::sync::atomic::AtomicBool::new(false);
    let finish = || done.store(true, std::sync::atomic::Ordering::Release);
    let is_done = || done.load(std::sync::atomic::Ordering::Acquire);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for offset in 0..20_000 {
                index.push(1, offset, entry(offset)).unwrap();
                index.push(2, offset, entry(offset)).unwrap();
                if offset % 37 == 0 {
                    index.flush(at(offset as u64 * 100)).unwrap();
                    // Entries leave the memory, so that blocks are read.
                    index.flush(at(offset as u64 * 100)).unwrap();
                    index.checkpointed();
                }
                if offset % 1000 == 999 {
                    index.trim_before(at((offset as u64 - 700) * 100)).unwrap();
                }
            }
            finish();
        });
        for queue in [1, 2] {
            let index = &index;
            scope.spawn(move || {
                while !is_done() {
                    let bounds = index.bounds(queue);
                    let mut entries = Vec::new();
                    index.entries(queue, bounds.clone(), Reads::All, &mut entries).unwrap();
                    let wanted = (bounds.start..).take(entries.len()).map(entry);
                    assert!(wanted.eq(entries));
                }
            });
        }
    });
}

#[test]
fn the_file_gets_short_again_when_records_are_deleted() {
    let disk = Disk::default();
    let mut log = Log::default();
    let index = open(&disk, 0..0);
    let length = || disk.folder(FOLDER).open(FILE).unwrap().len().unwrap();
    let checkpoint = |index: &QueueIndex, end| {
        index.flush(at(end)).unwrap();
        index.checkpointed();
    };
    log.push(&index, 1, 340 * 2000);
    log.push(&index, 2, 340 * 2 + 5);
    checkpoint(&index, log.end);
    // A queue whose only block is near the end of the file.
    log.push(&index, 3, 100);
    checkpoint(&index, log.end);
    let long = length();
    assert!(long > 2000 * 4096, "{long}");
    log.trim(&index, log.end);
    for _ in 0..4 {
        checkpoint(&index, log.end);
        log.check(&index);
        log.check(&open(&disk.copy(), log.start..log.end));
    }
    let short = length();
    assert!(short <= 2 * 103 * 4096, "{long} to {short}");
    assert!(!index.has_work());
    log.push(&index, 3, 400);
    checkpoint(&index, log.end);
    log.check(&open(&disk, log.start..log.end));
}
