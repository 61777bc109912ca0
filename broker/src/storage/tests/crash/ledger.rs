//! The records and rows that a store must have.

use super::super::log::record;
use crate::log::index;
use crate::storage::files::simulated::Random;
use crate::storage::{QueueEntry, Reads, Round, Storage, StorageTable};
use bytes::BytesMut;
use rocketmq_tower::message::Position;
use std::collections::BTreeMap;
use std::ops::ControlFlow;

/// The number of queues.
pub(super) const QUEUES: u32 = 3;

/// The number of different keys.
const KEYS: usize = 6;

/// The rows of a table that rounds change, and the one that counts rounds.
const ROWS: StorageTable = StorageTable::Topics;
const LAST: &[u8] = b"last";

/// A record of a round.
#[derive(Clone, Debug)]
pub(super) struct LedgerRecord {
    pub(super) queue: u32,
    pub(super) offset: i64,
    pub(super) entry: QueueEntry,
    pub(super) bytes: Vec<u8>,
    pub(super) stored_at: i64,
    keys: Vec<usize>,
}

/// The rounds of a store, in order.
#[derive(Clone, Debug, Default)]
pub(super) struct Ledger {
    pub(super) rounds: Vec<Vec<LedgerRecord>>,
    /// Records that were stored before this time may be deleted.
    pub(super) oldest: i64,
    /// Counts all rounds, so that one that was lost differs from the one that took its place.
    count: u64,
}

impl Ledger {
    fn records(&self) -> impl DoubleEndedIterator<Item = &LedgerRecord> {
        self.rounds.iter().flatten()
    }

    fn end_of(&self, queue: u32) -> i64 {
        let last = self.records().rev().find(|record| record.queue == queue);
        last.map_or(0, |record| record.offset + 1)
    }

    /// Returns the time at which the next round is stored.
    pub(super) fn now(&self) -> i64 {
        self.count as i64 + 1
    }

    /// Makes the next round, places it in the store, and returns it with its records for the ledger.
    pub(super) fn next(
        &mut self,
        storage: &impl Storage,
        random: &mut Random,
    ) -> (Round, Vec<LedgerRecord>) {
        let mut round = Round::default();
        let now = self.now();
        self.count += 1;
        let mut ends: Vec<i64> = (0..QUEUES).map(|queue| self.end_of(queue)).collect();
        let mut all_keys = Vec::new();
        for _ in 0..random.below(5) {
            let queue = random.below(QUEUES as usize);
            let keys: Vec<usize> = (0..random.below(3)).map(|_| random.below(KEYS)).collect();
            let words: Vec<String> = keys.iter().map(|key| format!("k{key}")).collect();
            // Few records are large.
            let size = if random.one_in(8) { 9000 } else { 300 };
            let padding = "x".repeat(random.below(size));
            let properties = [
                ("KEYS", &*words.join(" ")),
                ("TAGS", "t"),
                ("P", &padding),
                ("N", &now.to_string()),
            ];
            let mut new = record(queue as u32, ends[queue], &properties);
            new.stored_at = now;
            ends[queue] += 1;
            round.records.push(new);
            all_keys.push(keys);
        }
        storage.place(&mut round).unwrap();
        let number = self.rounds.len() as u64;
        round.rows.put(ROWS, LAST, number.to_be_bytes().to_vec());
        round.rows.put(ROWS, row(self.count), self.count.to_be_bytes().to_vec());
        round.rows.delete(ROWS, row(self.count + 3));
        let mut records = Vec::new();
        for (new, keys) in round.records.iter_mut().zip(all_keys) {
            let position = Position {
                queue_offset: new.queue_offset,
                commit_log_offset: new.at.as_i64(),
                store_timestamp: now,
            };
            position.write_to(&mut new.record).unwrap();
            records.push(LedgerRecord {
                queue: new.queue,
                offset: new.queue_offset,
                entry: QueueEntry { at: new.at, size: new.record.len() as u32, tag: new.tag },
                bytes: new.record.to_vec(),
                stored_at: now,
                keys,
            });
        }
        (round, records)
    }

    /// Returns the number of rounds that a store has, by its rows.
    pub(super) fn rounds_in(storage: &impl Storage) -> usize {
        let last = Self::rows(storage).remove(LAST);
        last.map_or(0, |last| u64::from_be_bytes(last.try_into().unwrap()) as usize + 1)
    }

    /// Compares all that a store has with the ledger.
    pub(super) fn check(&self, storage: &impl Storage) {
        let starts: Vec<i64> = (0..QUEUES).map(|queue| self.check_queue(storage, queue)).collect();
        for key in 0..KEYS {
            let kept = |record: &LedgerRecord| record.offset >= starts[record.queue as usize];
            let mut wanted = self
                .records()
                .rev()
                .flat_map(|record| record.keys.iter().map(move |key| (*key, record)))
                .filter(|(word, record)| *word == key && kept(record))
                .map(|(_, record)| record.entry.at)
                .peekable();
            let hash = index::hash("T", &format!("k{key}"));
            // Those of deleted records may be found too.
            for at in storage.find(hash, usize::MAX).unwrap() {
                wanted.next_if_eq(&at);
            }
            assert_eq!(wanted.next(), None, "a record is not found by its key k{key}");
        }
    }

    /// Returns the first offset of the queue.
    fn check_queue(&self, storage: &impl Storage, queue: u32) -> i64 {
        let bounds = storage.bounds(queue).unwrap();
        assert_eq!(bounds.end, self.end_of(queue), "the end of queue {queue}");
        let records = || self.records().filter(|record| record.queue == queue);
        let first = records().find(|record| record.stored_at >= self.oldest);
        assert!(first.is_none_or(|first| bounds.start <= first.offset), "a record is deleted");
        let wanted = || records().filter(|record| record.offset >= bounds.start);
        let mut entries = Vec::new();
        storage.entries(queue, bounds.clone(), Reads::All, &mut entries).unwrap();
        assert!(entries.iter().eq(wanted().map(|record| &record.entry)), "queue {queue}");
        for record in wanted() {
            let found = storage.record(record.entry.at).unwrap();
            assert!(
                found.is_some_and(|found| found == record.bytes),
                "queue {queue}, offset {} at {:?}, first {}",
                record.offset,
                record.entry.at,
                bounds.start
            );
        }
        let mut body = BytesMut::new();
        storage.copy(&entries, Reads::All, &mut body).unwrap();
        let bytes: Vec<u8> = wanted().flat_map(|record| record.bytes.iter().copied()).collect();
        assert!(body == bytes, "the records of queue {queue}");
        bounds.start
    }

    /// Returns the rows of the table that the rounds change.
    pub(super) fn rows(storage: &impl Storage) -> BTreeMap<Vec<u8>, Vec<u8>> {
        let mut rows = BTreeMap::new();
        let mut visit = |key: &[u8], value: &[u8]| {
            rows.insert(key.to_vec(), value.to_vec());
            ControlFlow::Continue(())
        };
        storage.scan(ROWS, &[]..&[0xff], &mut visit).unwrap();
        rows
    }
}

/// The key of one of a few rows.
fn row(count: u64) -> Vec<u8> {
    format!("row{}", count % 7).into_bytes()
}

/// Makes the changes of a round's rows.
pub(super) fn apply(round: &Round, rows: &mut BTreeMap<Vec<u8>, Vec<u8>>) {
    for (_, key, value) in round.rows.changes() {
        match value {
            Some(value) => rows.insert(key.to_vec(), value.to_vec()),
            None => rows.remove(&key[..]),
        };
    }
}
