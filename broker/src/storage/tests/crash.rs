//! A process that is killed again and again while it writes.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::ops::ControlFlow;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use super::Scratch;
use crate::Flush;
use crate::storage::disk::open_with;
use crate::storage::{Storage, StorageBatch, StorageTable};

const FOLDER: &str = "STORAGE_TEST_FOLDER";
const MODE: &str = "STORAGE_TEST_FLUSH";

/// Small, so that tables are written and files merged all the time.
const MEMTABLE: u64 = 32 * 1024;

/// The number of rows of each batch in each of two tables.
const ROWS: u64 = 5;

/// Returns batch `number`: its rows in two tables, and the number itself in a third.
fn batch(number: u64) -> StorageBatch {
    let mut batch = StorageBatch::default();
    for row in 0..ROWS {
        let key = (number * ROWS + row).to_be_bytes();
        batch.put(StorageTable::Messages, key, vec![number as u8; 300]);
        batch.put(StorageTable::Keys, key.map(|byte| !byte), number.to_be_bytes().to_vec());
    }
    batch.put(StorageTable::Offsets, "last", number.to_be_bytes().to_vec());
    batch
}

/// Returns the number of whole batches. Panics if there is a part of another one.
fn whole_batches(storage: &impl Storage) -> u64 {
    let count = storage.get(StorageTable::Offsets, b"last").unwrap();
    let count = count.map_or(0, |last| u64::from_be_bytes(last.try_into().unwrap()) + 1);
    for (table, from) in [(StorageTable::Messages, 0), (StorageTable::Keys, 255)] {
        let mut rows = BTreeMap::new();
        storage
            .scan(table, [0].as_slice()..&[255; 9], &mut |key, value| {
                let key =
                    u64::from_be_bytes(key.try_into().unwrap()) ^ u64::from_be_bytes([from; 8]);
                rows.insert(key, value.last().copied());
                ControlFlow::Continue(())
            })
            .unwrap();
        let wanted = (0..count * ROWS).map(|row| (row, Some((row / ROWS) as u8)));
        assert!(rows.into_iter().eq(wanted), "{table:?} after {count} batches");
    }
    count
}

/// The process that is killed. It prints the number of each batch that counts as written.
#[test]
#[ignore = "started by the tests below"]
fn writer() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let flush = if std::env::var(MODE).unwrap() == "sync" { Flush::Sync } else { Flush::Async };
    let storage = open_with(Path::new(&folder), MEMTABLE).unwrap();
    let mut out = std::io::stdout();
    for number in whole_batches(&storage).. {
        storage.write(batch(number), flush).unwrap();
        // Not `println!`, as the test harness may capture it.
        out.write_all(format!("wrote {number}\n").as_bytes()).and_then(|()| out.flush()).unwrap();
    }
}

fn start_writer(folder: &Path, mode: &str) -> Child {
    let name = format!("{}::writer", module_path!().split_once("::").unwrap().1);
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", &name, "--ignored", "--nocapture"])
        .envs([(FOLDER, folder.as_os_str()), (MODE, mode.as_ref())])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

fn killed_again_and_again(mode: &str, rounds: u64, batches: u64) {
    let folder = Scratch::new();
    let mut kept = 0;
    for round in 0..rounds {
        let mut child = start_writer(&folder, mode);
        let out = BufReader::new(child.stdout.take().unwrap());
        let mut said = out.lines().map_while(Result::ok).filter_map(|line| {
            line.strip_prefix("wrote ").and_then(|number| number.parse::<u64>().ok())
        });
        // A different number of batches each time, to meet all stages of the background work.
        let last =
            said.nth((batches + round * 7) as usize).expect("the writer writes until it is killed");
        child.kill().unwrap();
        // It may have written more before it was killed.
        let last = said.last().unwrap_or(last);
        child.wait().unwrap();

        let found = whole_batches(&open_with(&folder, MEMTABLE).unwrap());
        assert!(found > last, "round {round}: batch {last} was written and is not there");
        assert!(found >= kept, "round {round}: less than after the round before");
        kept = found;
    }
}

#[test]
fn a_killed_process_keeps_batches_that_were_written_async() {
    killed_again_and_again("async", 12, 150);
}

#[test]
fn a_killed_process_keeps_batches_that_were_written_sync() {
    killed_again_and_again("sync", 6, 40);
}
