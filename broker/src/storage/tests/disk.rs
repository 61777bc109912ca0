use super::{Scratch, suite};
use crate::Flush;
use crate::storage::disk::open_with;
use crate::storage::{Storage, StorageBatch, StorageError, StorageTable, open};

fn one(key: u64, value: &[u8]) -> StorageBatch {
    let mut batch = StorageBatch::default();
    batch.put(StorageTable::Messages, key.to_be_bytes(), value.to_vec());
    batch
}

fn keys(storage: &impl Storage) -> Vec<u64> {
    let all = suite::entries(storage, StorageTable::Messages, &[0; 8], &[255; 9]);
    all.into_iter().map(|(key, _)| u64::from_be_bytes(key.try_into().unwrap())).collect()
}

#[test]
fn storage_in_a_folder_passes_the_suite() {
    let folder = Scratch::new();
    suite::run(&open(&folder).unwrap());
}

/// With little memory, most of the work happens in the background while the suite runs.
#[test]
fn storage_with_little_memory_passes_the_suite() {
    let folder = Scratch::new();
    suite::run(&open_with(&folder, 1024).unwrap());
}

#[test]
fn a_folder_is_used_by_one_storage_at_a_time() {
    let folder = Scratch::new();
    let first = open(&folder).unwrap();
    assert!(matches!(open(&folder).err(), Some(StorageError::InUse(path)) if path == *folder));
    drop(first);
    open(&folder).unwrap();
}

#[test]
fn storage_that_is_opened_again_has_everything_that_was_written() {
    let folder = Scratch::new();
    for round in 0..4u64 {
        let storage = open_with(&folder, 4096).unwrap();
        assert_eq!(keys(&storage), (0..round * 100).collect::<Vec<_>>());
        for number in 0..100 {
            storage.write(one(round * 100 + number, &[7; 200]), Flush::Async).unwrap();
        }
    }
}

#[test]
fn deleted_keys_stay_deleted() {
    let folder = Scratch::new();
    let storage = open_with(&folder, 1024).unwrap();
    let mut deletions = StorageBatch::default();
    for number in 0..200 {
        storage.write(one(number, &[1; 100]), Flush::Async).unwrap();
        if number % 2 == 0 {
            deletions.delete(StorageTable::Messages, number.to_be_bytes());
        }
    }
    storage.write(deletions, Flush::Async).unwrap();
    let odd: Vec<_> = (0..200).filter(|number| number % 2 == 1).collect();
    assert_eq!(keys(&storage), odd);
    drop(storage);
    assert_eq!(keys(&open(&folder).unwrap()), odd);
}
