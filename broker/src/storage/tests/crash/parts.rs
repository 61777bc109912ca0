//! Stores of which a file or a folder is missing.

use super::ledger::{Ledger, apply};
use crate::Flush;
use crate::storage::disk::{DiskOptions, DiskStorage, open};
use crate::storage::error::Missing;
use crate::storage::files::simulated::Random;
use crate::storage::tests::Scratch;
use crate::storage::{Round, Storage, StorageError, StorageTable};
use rocketmq_tower::error::chain_text;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

fn options() -> DiskOptions {
    DiskOptions { segment_size: 4096, checkpoint_every: u64::MAX, ..DiskOptions::new(Flush::Sync) }
}

/// A store that was closed.
struct Closed {
    folder: Scratch,
    ledger: Ledger,
    rows: BTreeMap<Vec<u8>, Vec<u8>>,
}

impl Closed {
    /// With `trim`, the oldest messages were deleted.
    fn new(trim: bool) -> Self {
        let (folder, mut ledger, mut rows) = (Scratch::new(), Ledger::default(), BTreeMap::new());
        let storage = open(&folder, options()).unwrap();
        let mut random = Random::new(1);
        for number in 0..60 {
            let (round, records) = ledger.next(&storage, &mut random);
            ledger.rounds.push(records);
            apply(&round, &mut rows);
            storage.append(round, Flush::Sync).unwrap();
            if number % 15 == 7 {
                storage.checkpoint().unwrap();
            }
            if trim && number == 40 {
                ledger.oldest = 20;
                storage.trim(20).unwrap();
            }
        }
        drop(storage);
        Self { folder, ledger, rows }
    }

    /// Returns a copy without this file or folder.
    fn without(&self, part: &Path) -> Scratch {
        let copy = Scratch::new();
        for path in parts(&self.folder) {
            if path.starts_with(part) {
                continue;
            }
            let (from, to) = (self.folder.join(&path), copy.join(&path));
            if from.is_dir() {
                fs::create_dir(to).unwrap();
            } else {
                fs::copy(from, to).map(drop).unwrap();
            }
        }
        copy
    }

    fn check(&self, storage: &DiskStorage) {
        self.ledger.check(storage);
        assert_eq!(Ledger::rows(storage), self.rows);
    }
}

/// Returns all files and folders, the outer ones first.
fn parts(folder: &Path) -> Vec<PathBuf> {
    fn add(root: &Path, folder: &Path, parts: &mut Vec<PathBuf>) {
        let mut entries: Vec<_> =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        entries.sort();
        for path in entries {
            parts.push(path.strip_prefix(root).unwrap().into());
            if path.is_dir() {
                add(root, &path, parts);
            }
        }
    }
    let mut parts = Vec::new();
    add(folder, folder, &mut parts);
    parts
}

/// Opens a store. Returns why it is refused.
fn refusal(folder: &Path, options: DiskOptions) -> Result<DiskStorage, String> {
    open(folder, options).map_err(|error| chain_text(&error).to_string())
}

#[test]
fn a_store_without_any_one_of_its_files_and_folders_is_made_whole_or_refused() {
    for trim in [false, true] {
        let closed = Closed::new(trim);
        for part in parts(&closed.folder) {
            let folder = closed.without(&part);
            match refusal(&folder, options()) {
                Ok(storage) => {
                    closed.check(&storage);
                    drop(storage);
                    closed.check(&open(&folder, options()).unwrap());
                }
                Err(text) => {
                    let ways = ["skip-damage", "empty folder", "move that folder away"];
                    assert!(ways.iter().any(|way| text.contains(way)), "{part:?}: {text}");
                    let own = text.replace("(os error", "");
                    assert!(!own.contains(['{', '(']), "{part:?}: {text}");
                }
            }
        }
    }
}

#[test]
fn a_store_without_files_of_its_log_starts_if_it_is_told_to_skip_damage() {
    let skip = DiskOptions { skip_damage: true, ..options() };
    for trim in [false, true] {
        let closed = Closed::new(trim);
        let parts = parts(&closed.folder);
        for part in parts.iter().filter(|part| part.starts_with("log")) {
            let folder = closed.without(part);
            let storage = refusal(&folder, skip).unwrap_or_else(|text| panic!("{part:?}: {text}"));
            let mut ends = Vec::new();
            for queue in 0..super::ledger::QUEUES {
                let wanted = closed.ledger.rounds.iter().flatten();
                let wanted = wanted.filter(|record| record.queue == queue);
                let end = wanted.map(|record| record.offset + 1).max().unwrap();
                assert_eq!(storage.bounds(queue).unwrap().end, end, "{part:?}");
                ends.push(end);
            }
            assert_eq!(Ledger::rows(&storage), closed.rows, "{part:?}");
            // What is stored from now on is there after the next start.
            let (round, records) = closed.ledger.clone().next(&storage, &mut Random::new(9));
            storage.append(round, Flush::Sync).unwrap();
            drop(storage);
            let storage =
                refusal(&folder, options()).unwrap_or_else(|text| panic!("{part:?}: {text}"));
            for record in records {
                let found = storage.record(record.entry.at).unwrap();
                assert!(found.is_some_and(|found| found == record.bytes), "{part:?}");
            }
        }
    }
}

#[test]
fn tables_that_are_lost_are_made_anew_from_the_whole_log_or_what_is_left_of_it() {
    let whole = Closed::new(false);
    whole.check(&open(&whole.without(Path::new("tables")), options()).unwrap());

    let closed = Closed::new(true);
    let folder = closed.without(Path::new("tables"));
    let refused = open(&folder, options()).err();
    assert!(matches!(refused, Some(StorageError::Missing(Missing::Tables))), "{refused:?}");
    let skip = DiskOptions { skip_damage: true, ..options() };
    let storage = open(&folder, skip).unwrap();
    closed.ledger.check(&storage);
    drop(storage);
    closed.ledger.check(&open(&folder, options()).unwrap());
}

#[test]
fn a_log_and_tables_of_different_stores_are_refused() {
    let (one, other) = (Closed::new(false), Closed::new(false));
    let folder = one.without(Path::new("tables"));
    fs::rename(other.folder.join("tables"), folder.join("tables")).unwrap();
    let refused = open(&folder, options()).err();
    assert!(matches!(refused, Some(StorageError::Missing(Missing::Mixed))), "{refused:?}");
}

#[test]
fn a_log_that_can_be_read_by_nothing_is_refused() {
    let closed = Closed::new(false);
    let folder = closed.without(Path::new("tables"));
    fs::remove_file(folder.join("log/store")).unwrap();
    for skip_damage in [false, true] {
        let refused = open(&folder, DiskOptions { skip_damage, ..options() }).err();
        assert!(matches!(refused, Some(StorageError::Missing(Missing::Secret))), "{refused:?}");
    }
}

#[test]
fn a_queue_whose_messages_were_all_deleted_goes_on_where_it_ended_though_the_index_is_lost() {
    let (folder, mut ledger, mut random) = (Scratch::new(), Ledger::default(), Random::new(1));
    let storage = open(&folder, options()).unwrap();
    for _ in 0..20 {
        let (round, records) = ledger.next(&storage, &mut random);
        ledger.rounds.push(records);
        storage.append(round, Flush::Sync).unwrap();
    }
    let mut round = Round::default();
    for (queue, end) in storage.trim(i64::MAX).unwrap() {
        assert_eq!(storage.bounds(queue).unwrap(), end..end);
        round.rows.put(StorageTable::Ends, queue.to_be_bytes(), end.to_be_bytes().to_vec());
    }
    storage.place(&mut round).unwrap();
    storage.append(round, Flush::Sync).unwrap();
    let queues = 0..super::ledger::QUEUES;
    let ends: Vec<_> = queues.clone().map(|queue| storage.bounds(queue).unwrap()).collect();
    assert!(ends.iter().all(|bounds| bounds.end > 0));
    drop(storage);
    fs::remove_dir_all(folder.join("index")).unwrap();
    for _ in 0..2 {
        let storage = open(&folder, options()).unwrap();
        assert!(queues.clone().map(|queue| storage.bounds(queue).unwrap()).eq(ends.clone()));
    }
}

/// Returns the room that all files of a folder take.
fn size(folder: &Path) -> u64 {
    let files = parts(folder).into_iter().map(|part| folder.join(part).metadata().unwrap());
    files.filter(fs::Metadata::is_file).map(|file| room(&file)).sum()
}

/// Fjall's journal has a length of 64 MiB from the beginning, most of which takes no room.
#[cfg(unix)]
fn room(file: &fs::Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::blocks(file) * 512
}

#[cfg(not(unix))]
fn room(file: &fs::Metadata) -> u64 {
    file.len()
}

#[test]
fn the_folder_is_small_after_all_messages_were_deleted() {
    let (folder, mut ledger, mut random) = (Scratch::new(), Ledger::default(), Random::new(1));
    let segment_size = 256 * 1024;
    let small = DiskOptions { segment_size, ..options() };
    let storage = open(&folder, small).unwrap();
    for number in 0..3000 {
        let (round, records) = ledger.next(&storage, &mut random);
        ledger.rounds.push(records);
        storage.append(round, Flush::Async).unwrap();
        if number % 100 == 0 {
            storage.checkpoint().unwrap();
            // Only the ends of queues are needed, and looked for from the end.
            ledger.rounds.drain(..ledger.rounds.len().saturating_sub(50));
        }
    }
    let before = [size(&folder), size(&folder.join("log")), size(&folder.join("index"))];
    for _ in 0..3 {
        storage.trim(i64::MAX).unwrap();
        storage.checkpoint().unwrap();
    }
    let after = [size(&folder), size(&folder.join("log")), size(&folder.join("index"))];
    println!("all, log and index: {before:?} to {after:?}");
    assert!(before[1] > 10 * segment_size);
    assert!(after[1] <= 3 * segment_size + 64 * 1024, "{after:?}");
    assert!(after[2] <= 1024 * 1024, "{after:?}");
}
