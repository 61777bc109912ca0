//! The log, the indexes of queues and keys, and the deletion of old records.

use crate::Flush;
use crate::log::{CommitLogOffset, index};
use crate::storage::{KeyHashes, NewRecord, QueueEntry, Reads, Round, Storage, StorageTable};
use bytes::BytesMut;
use rocketmq_tower::message::{Position, PropertiesBuf, StoredMessage};
use std::ops::Range;

const ANY: i64 = 1_700_000_000_000;

/// A record of a message, as the writer makes it.
pub(crate) fn record(queue: u32, queue_offset: i64, properties: &[(&str, &str)]) -> NewRecord {
    let mut all = PropertiesBuf::new();
    properties.iter().for_each(|(name, value)| _ = all.set(name, value));
    let host = ([127, 0, 0, 1], 10911).into();
    let message = StoredMessage {
        queue_id: queue as i32,
        flag: 0,
        queue_offset,
        commit_log_offset: 0,
        sys_flag: 0,
        born_timestamp: 0,
        born_host: host,
        store_timestamp: ANY,
        store_host: host,
        reconsume_times: 0,
        prepared_transaction_offset: 0,
        body: b"body",
        topic: "T",
        properties: all.as_properties(),
    };
    let mut record = BytesMut::new();
    message.encode(&mut record).unwrap();
    let (tag, keys) = index::describe(&record);
    let at = CommitLogOffset::default();
    NewRecord { queue, queue_offset, record, stored_at: ANY, tag, keys, at }
}

/// Stores records as the writer does, and returns them as they are stored.
pub(crate) fn append(storage: &impl Storage, records: Vec<NewRecord>) -> Vec<StoredRecord> {
    let mut round = Round { records, ..Round::default() };
    storage.place(&mut round).unwrap();
    let mut stored = Vec::new();
    for new in &mut round.records {
        let (queue_offset, commit_log_offset) = (new.queue_offset, new.at.as_i64());
        let position = Position { queue_offset, commit_log_offset, store_timestamp: new.stored_at };
        position.write_to(&mut new.record).unwrap();
        let entry = QueueEntry { at: new.at, size: new.record.len() as u32, tag: new.tag };
        stored.push(StoredRecord { entry, record: new.record.to_vec() });
    }
    storage.append(round, Flush::Async).unwrap();
    stored
}

pub(crate) struct StoredRecord {
    pub(crate) entry: QueueEntry,
    pub(crate) record: Vec<u8>,
}

fn entries(storage: &impl Storage, queue: u32, offsets: Range<i64>) -> Vec<QueueEntry> {
    let mut entries = Vec::new();
    storage.entries(queue, offsets, Reads::All, &mut entries).unwrap();
    entries
}

fn body(storage: &impl Storage, entries: &[QueueEntry]) -> Vec<u8> {
    let mut body = BytesMut::new();
    storage.copy(entries, Reads::All, &mut body).unwrap();
    body.to_vec()
}

fn records_are_found_by_their_offsets(storage: &impl Storage) {
    let stored = append(storage, vec![record(1, 0, &[]), record(2, 0, &[]), record(1, 1, &[])]);
    assert!(stored.is_sorted_by_key(|stored| stored.entry.at));
    for StoredRecord { entry, record } in &stored {
        assert_eq!(storage.record(entry.at).unwrap().unwrap(), record);
        let (message, _) = StoredMessage::decode(record).unwrap();
        assert_eq!(message.commit_log_offset, entry.at.as_i64());
        let inside = CommitLogOffset::from_i64(entry.at.as_i64() + 1).unwrap();
        assert_eq!(storage.record(inside).unwrap(), None);
    }
    assert_eq!(storage.record(CommitLogOffset::MAX).unwrap(), None);

    let [a, other, b] = &stored[..] else { unreachable!() };
    assert_eq!(entries(storage, 1, 0..9), [a.entry, b.entry]);
    assert_eq!(entries(storage, 1, 1..9), [b.entry]);
    assert_eq!(entries(storage, 1, 0..1), [a.entry]);
    assert_eq!(entries(storage, 2, 0..i64::MAX), [other.entry]);
    for (queue, none) in [(1, 2..9), (1, 1..1), (1, -1..9), (2, 1..2), (3, 0..9)] {
        assert_eq!(entries(storage, queue, none.clone()), [], "{queue} {none:?}");
    }
    assert_eq!([1, 2, 3].map(|queue| storage.bounds(queue).unwrap()), [0..2, 0..1, 0..0]);
    let both = [&a.record[..], &b.record].concat();
    assert_eq!(body(storage, &[a.entry, b.entry]), both);
    assert!(body(storage, &[]).is_empty());
}

fn a_round_is_placed_where_it_is_stored(storage: &impl Storage) {
    let first = append(storage, vec![record(4, 0, &[])]);
    // Placed, but not stored: the next round gets the same offsets.
    let mut round = Round { records: vec![record(4, 1, &[])], ..Round::default() };
    storage.place(&mut round).unwrap();
    let second = append(storage, vec![record(4, 1, &[])]);
    assert_eq!(round.records[0].at, second[0].entry.at);
    assert!(second[0].entry.at > first[0].entry.at);
    assert_eq!(storage.bounds(4).unwrap(), 0..2);
}

fn messages_are_found_by_keys_and_tags(storage: &impl Storage) {
    let stored = append(
        storage,
        vec![
            record(5, 0, &[("KEYS", "a b"), ("TAGS", "t")]),
            record(5, 1, &[("KEYS", "a")]),
            record(5, 2, &[("UNIQ_KEY", "u"), ("TAGS", "t")]),
        ],
    );
    let at = |n: usize| stored[n].entry.at;
    let find = |key, max| storage.find(index::hash("T", key), max).unwrap();
    assert_eq!(find("a", 9), [at(1), at(0)], "newest first");
    assert_eq!(find("a", 1), [at(1)]);
    assert_eq!(find("b", 9), [at(0)]);
    assert_eq!(find("u", 9), [at(2)]);
    assert_eq!(find("t", 9), []);
    let tags: Vec<_> = entries(storage, 5, 0..3).iter().map(|entry| entry.tag).collect();
    assert_eq!(tags, [index::tag_hash("t"), 0, index::tag_hash("t")]);

    let hidden = NewRecord { keys: KeyHashes::default(), ..record(5, 3, &[("KEYS", "hidden")]) };
    append(storage, vec![hidden]);
    assert_eq!(find("hidden", 9), []);
}

fn the_first_record_is_found_behind_changes_of_rows(storage: &impl Storage) {
    let mut round = Round::default();
    round.rows.put(StorageTable::Config, "key", "value");
    storage.append(round, Flush::Async).unwrap();
    assert_eq!(storage.first_time().unwrap(), None);
    append(storage, vec![record(8, 0, &[])]);
    append(storage, vec![NewRecord { stored_at: ANY + 5, ..record(8, 1, &[]) }]);
    assert_eq!(storage.first_time().unwrap(), Some(ANY));
}

fn old_records_are_deleted_but_not_what_rows_point_to(storage: &impl Storage) {
    assert_eq!(storage.trim(ANY).unwrap(), [], "nothing is older");
    let waits = append(storage, vec![record(6, 0, &[("KEYS", "waits")])]);
    let mut round = Round::default();
    round.rows.put(StorageTable::Prepared, waits[0].entry.at.key(), "");
    storage.append(round, Flush::Async).unwrap();
    storage.trim(i64::MAX).unwrap();
    assert_eq!(entries(storage, 6, 0..9), [waits[0].entry]);
    assert_eq!(body(storage, &[waits[0].entry]), waits[0].record);

    let mut round = Round::default();
    round.rows.delete(StorageTable::Prepared, waits[0].entry.at.key());
    storage.append(round, Flush::Async).unwrap();
    let moved = storage.trim(i64::MAX).unwrap();
    assert!(moved.contains(&(6, 1)), "{moved:?}");
    assert_eq!(storage.first_time().unwrap(), None);
    assert_eq!([1, 6].map(|queue| storage.bounds(queue).unwrap()), [2..2, 1..1]);
    assert_eq!(storage.record(waits[0].entry.at).unwrap(), None);
    assert!(body(storage, &[waits[0].entry]).is_empty());
    assert_eq!(entries(storage, 6, 0..9), []);
    for at in storage.find(index::hash("T", "waits"), 9).unwrap() {
        assert_eq!(storage.record(at).unwrap(), None);
    }
    // The offsets go on.
    let next = append(storage, vec![record(6, 1, &[])]);
    assert!(next[0].entry.at > waits[0].entry.at);
    assert_eq!(entries(storage, 6, 1..9), [next[0].entry]);
}

pub(super) fn check(storage: &impl Storage) {
    the_first_record_is_found_behind_changes_of_rows(storage);
    records_are_found_by_their_offsets(storage);
    a_round_is_placed_where_it_is_stored(storage);
    messages_are_found_by_keys_and_tags(storage);
    old_records_are_deleted_but_not_what_rows_point_to(storage);
}
