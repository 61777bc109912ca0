//! The small tables.

use crate::Flush;
use crate::storage::{Round, Storage, StorageBatch, StorageError, StorageTable};
use std::ops::ControlFlow;

fn write(storage: &impl Storage, rows: StorageBatch, flush: Flush) -> Result<(), StorageError> {
    let mut round = Round { rows, ..Round::default() };
    storage.place(&mut round)?;
    storage.append(round, flush)
}

/// Returns the value of `key`.
fn get(storage: &impl Storage, table: StorageTable, key: &[u8]) -> Option<Vec<u8>> {
    let found = rows(storage, table, key, &[key, &[0]].concat());
    found.into_iter().next().map(|(_, value)| value)
}

/// Returns all rows of a table in a range.
fn rows(
    storage: &impl Storage,
    table: StorageTable,
    from: &[u8],
    to: &[u8],
) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut found = Vec::new();
    storage
        .scan(table, from..to, &mut |key, value| {
            found.push((key.to_vec(), value.to_vec()));
            ControlFlow::Continue(())
        })
        .unwrap();
    found
}

fn later_changes_count(storage: &impl Storage) {
    let mut batch = StorageBatch::default();
    batch.put(StorageTable::Offsets, "a", "1");
    let mut more = StorageBatch::default();
    more.delete(StorageTable::Offsets, "a");
    more.put(StorageTable::Offsets, "b", "2");
    batch.append(more);
    write(storage, batch, Flush::Async).unwrap();
    assert_eq!(rows(storage, StorageTable::Offsets, b"a", b"c"), [pair("b", "2")]);
}

fn put(storage: &impl Storage, table: StorageTable, rows: &[(&'static str, &'static str)]) {
    let mut batch = StorageBatch::default();
    for (key, value) in rows {
        batch.put(table, key, *value);
    }
    write(storage, batch, Flush::Async).unwrap();
}

fn pair(key: &str, value: &str) -> (Vec<u8>, Vec<u8>) {
    (key.into(), value.into())
}

fn gets_what_was_written_last(storage: &impl Storage) {
    assert_eq!(get(storage, StorageTable::Config, b"a"), None);
    put(storage, StorageTable::Config, &[("a", "1")]);
    put(storage, StorageTable::Config, &[("a", "2"), ("b", ""), ("a", "3")]);
    assert_eq!(get(storage, StorageTable::Config, b"a").unwrap(), b"3");
    assert_eq!(get(storage, StorageTable::Config, b"b").unwrap(), b"");

    let mut batch = StorageBatch::default();
    batch.delete(StorageTable::Config, "a");
    batch.delete(StorageTable::Config, "never there");
    batch.put(StorageTable::Config, "b", "4");
    batch.delete(StorageTable::Config, "b");
    write(storage, batch, Flush::Sync).unwrap();
    assert_eq!(get(storage, StorageTable::Config, b"a"), None);
    assert_eq!(get(storage, StorageTable::Config, b"b"), None);
}

fn tables_are_apart(storage: &impl Storage) {
    let mut batch = StorageBatch::default();
    for (number, table) in StorageTable::ALL.into_iter().enumerate() {
        batch.put(table, "same", vec![number as u8]);
    }
    write(storage, batch, Flush::Sync).unwrap();
    for (number, table) in StorageTable::ALL.into_iter().enumerate() {
        assert_eq!(table as usize, number);
        assert_eq!(get(storage, table, b"same").unwrap(), [number as u8]);
    }
}

fn scans_a_range_in_order(storage: &impl Storage) {
    put(storage, StorageTable::Topics, &[("c", "3"), ("a", "1"), ("b", "2"), ("d", "4")]);
    assert_eq!(rows(storage, StorageTable::Topics, b"b", b"d"), [pair("b", "2"), pair("c", "3")]);
    assert_eq!(rows(storage, StorageTable::Topics, b"b", b"b"), []);
    assert_eq!(
        rows(storage, StorageTable::Topics, b"d", b"a"),
        [],
        "a range that ends before it starts"
    );

    let mut seen = 0;
    let stop_at_second = &mut |_: &[u8], _: &[u8]| {
        seen += 1;
        if seen == 2 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    storage.scan(StorageTable::Topics, b"a".as_slice()..b"z", stop_at_second).unwrap();
    assert_eq!(seen, 2);
}

fn large_values_are_kept(storage: &impl Storage) {
    let mut batch = StorageBatch::default();
    for number in 0..8u64 {
        batch.put(StorageTable::Prepared, number.to_be_bytes(), vec![number as u8; 700_000]);
    }
    write(storage, batch, Flush::Async).unwrap();
    let found = rows(storage, StorageTable::Prepared, &0u64.to_be_bytes(), &8u64.to_be_bytes());
    assert_eq!(found.len(), 8);
    assert!(
        found.iter().enumerate().all(|(number, (_, value))| *value == vec![number as u8; 700_000])
    );
}

fn refuses_what_cannot_be_kept(storage: &impl Storage) {
    for key in [vec![], vec![0; 65_536]] {
        let mut batch = StorageBatch::default();
        batch.put(StorageTable::Offsets, "good", "1");
        batch.put(StorageTable::Offsets, &key, "2");
        let refused = write(storage, batch, Flush::Async);
        assert!(
            matches!(refused, Err(StorageError::Key(length)) if length == key.len()),
            "{refused:?}"
        );
    }
    assert_eq!(get(storage, StorageTable::Offsets, b"good"), None, "no part of a refused batch");
    write(storage, StorageBatch::default(), Flush::Sync).unwrap();
}

fn scans_see_no_half_of_a_batch(storage: &impl Storage) {
    let keys = [b"pair 1", b"pair 2"];
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            for number in 0..2_000u32 {
                let mut batch = StorageBatch::default();
                for key in keys {
                    batch.put(StorageTable::Scheduled, key, number.to_be_bytes().to_vec());
                }
                write(storage, batch, Flush::Async).unwrap();
            }
        });
        while !writer.is_finished() {
            let pair = rows(storage, StorageTable::Scheduled, b"pair", b"pais");
            let first = pair.first().map(|(_, value)| value);
            assert!(pair.is_empty() || pair.len() == 2, "{pair:?}");
            assert!(pair.iter().all(|(_, value)| Some(value) == first), "{pair:?}");
        }
    });
}

pub(super) fn check(storage: &impl Storage) {
    gets_what_was_written_last(storage);
    later_changes_count(storage);
    tables_are_apart(storage);
    scans_a_range_in_order(storage);
    scans_see_no_half_of_a_batch(storage);
    large_values_are_kept(storage);
    refuses_what_cannot_be_kept(storage);
    // Rows of these tables point to records, which would be kept.
    for table in StorageTable::OF_RECORDS {
        let mut batch = StorageBatch::default();
        for (key, _) in rows(storage, table, &[0], &[255; 20]) {
            batch.delete(table, key);
        }
        write(storage, batch, Flush::Async).unwrap();
    }
}
