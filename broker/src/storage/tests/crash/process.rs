//! A process that is killed again and again while it writes.

use super::ledger::{Ledger, QUEUES};
use crate::Flush;
use crate::storage::disk::{DiskOptions, DiskStorage, open};
use crate::storage::files::simulated::Random;
use crate::storage::tests::Scratch;
use crate::storage::{Reads, Storage};
use rocketmq_tower::message::StoredMessage;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

const FOLDER: &str = "STORAGE_TEST_FOLDER";
const MODE: &str = "STORAGE_TEST_FLUSH";

/// Small, so that segments are made, and checkpoints, all the time.
const SIZE: u64 = 64 * 1024;

fn open_in(folder: &Path, flush: Flush) -> DiskStorage {
    let options =
        DiskOptions { segment_size: SIZE, checkpoint_every: SIZE, ..DiskOptions::new(flush) };
    open(folder, options).unwrap()
}

/// Appends the rounds after those that the store has. Apart from the positions, a round depends on its
/// number only. `written` is called after each.
fn write(storage: &DiskStorage, flush: Flush, rounds: usize, mut written: impl FnMut(usize)) {
    let mut ledger = Ledger::default();
    let found = Ledger::rounds_in(storage);
    for number in 0..rounds {
        let mut random = Random::new(number as u64);
        let (round, records) = ledger.next(storage, &mut random);
        ledger.rounds.push(records);
        if number >= found {
            storage.append(round, flush).unwrap();
            written(number);
        }
    }
}

/// The process that is killed. It prints the number of each round that counts as written.
#[test]
#[ignore = "started by the tests below"]
fn writer() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let flush = if std::env::var(MODE).unwrap() == "sync" { Flush::Sync } else { Flush::Async };
    let storage = open_in(Path::new(&folder), flush);
    let mut out = std::io::stdout();
    write(&storage, flush, usize::MAX, |number| {
        // Not `println!`, as the test harness may capture it.
        out.write_all(format!("wrote {number}\n").as_bytes()).and_then(|()| out.flush()).unwrap();
    });
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

/// Checks that the store has exactly the first rounds, and returns their number.
fn whole_rounds(folder: &Path, flush: Flush) -> usize {
    let storage = open_in(folder, flush);
    let found = Ledger::rounds_in(&storage);
    let mut ledger = Ledger::default();
    for number in 0..found {
        let (_, records) = ledger.next(&storage, &mut Random::new(number as u64));
        ledger.rounds.push(records);
    }
    for queue in 0..QUEUES {
        let bounds = storage.bounds(queue).unwrap();
        let mut entries = Vec::new();
        while bounds.start + (entries.len() as i64) < bounds.end {
            let start = bounds.start + entries.len() as i64;
            storage.entries(queue, start..bounds.end, Reads::All, &mut entries).unwrap();
        }
        let wanted = ledger.rounds.iter().flatten().filter(|record| record.queue == queue);
        let found = entries.iter().map(|entry| {
            let record = storage.record(entry.at).unwrap().unwrap().to_vec();
            let (message, _) = StoredMessage::decode(&record).unwrap();
            assert_eq!(message.commit_log_offset, entry.at.as_i64());
            without_position(record)
        });
        assert!(found.eq(wanted.map(|record| without_position(record.bytes.clone()))));
    }
    found
}

/// Clears the offset in the log, which is not known from the rounds' numbers.
fn without_position(mut record: Vec<u8>) -> Vec<u8> {
    record[28..36].fill(0);
    record
}

fn killed_again_and_again(mode: &str, kills: usize, rounds: usize) {
    let folder = Scratch::new();
    let flush = if mode == "sync" { Flush::Sync } else { Flush::Async };
    let mut kept = 0;
    for kill in 0..kills {
        let mut child = start_writer(&folder, mode);
        let out = BufReader::new(child.stdout.take().unwrap());
        let mut said = out.lines().map_while(Result::ok).filter_map(|line| {
            line.strip_prefix("wrote ").and_then(|number| number.parse::<usize>().ok())
        });
        // A different number of rounds each time, to meet all stages of the background work.
        let last = said.nth(rounds + kill * 7).expect("the writer writes until it is killed");
        child.kill().unwrap();
        // It may have written more before it was killed.
        let last = said.last().unwrap_or(last);
        child.wait().unwrap();

        let found = whole_rounds(&folder, flush);
        assert!(found > last, "kill {kill}: round {last} was written and is not there");
        assert!(found >= kept, "kill {kill}: less than after the kill before");
        kept = found;
    }
}

#[test]
fn a_killed_process_keeps_rounds_that_were_written_async() {
    killed_again_and_again("async", 12, 150);
}

#[test]
fn a_killed_process_keeps_rounds_that_were_written_sync() {
    killed_again_and_again("sync", 6, 40);
}
