//! Storage in memory.

use super::{Storage, StorageBatch, StorageError, StorageRow, StorageTable, Visit};
use crate::Flush;
use bytes::Bytes;
use rocketmq_tower_core::sync::{read, write};
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::RwLock;

type Rows = BTreeMap<Bytes, Bytes>;

/// A sorted map for each table. It has no bound but the retention of messages.
#[derive(Debug, Default)]
pub(crate) struct MemoryStorage {
    tables: RwLock<[Rows; StorageTable::ALL.len()]>,
}

impl MemoryStorage {
    fn read<T>(&self, table: StorageTable, look: impl FnOnce(&Rows) -> T) -> T {
        look(&read(&self.tables)[table as usize])
    }
}

impl Storage for MemoryStorage {
    fn get(&self, table: StorageTable, key: &[u8]) -> Result<Option<Vec<u8>>, StorageError> {
        Ok(self.read(table, |rows| rows.get(key).map(|value| value.to_vec())))
    }

    fn scan(
        &self,
        table: StorageTable,
        range: Range<&[u8]>,
        visit: &mut Visit<'_>,
    ) -> Result<(), StorageError> {
        // The map panics at a range that ends before it starts.
        if range.start < range.end {
            self.read(table, |rows| {
                let mut rows = rows.range::<[u8], _>(bounds(range));
                _ = rows.try_for_each(|(key, value)| visit(key, value));
            });
        }
        Ok(())
    }

    fn last(
        &self,
        table: StorageTable,
        range: Range<&[u8]>,
    ) -> Result<Option<StorageRow>, StorageError> {
        if range.start >= range.end {
            return Ok(None);
        }
        Ok(self.read(table, |rows| {
            let last = rows.range::<[u8], _>(bounds(range)).next_back();
            last.map(|(key, value)| (key.to_vec(), value.to_vec()))
        }))
    }

    fn write(&self, batch: StorageBatch, _: Flush) -> Result<(), StorageError> {
        batch.check()?;
        let mut tables = write(&self.tables);
        for (table, key, value) in batch.into_changes() {
            let rows = &mut tables[table as usize];
            match value {
                Some(value) => rows.insert(key, value),
                None => rows.remove(&key),
            };
        }
        Ok(())
    }
}

fn bounds(range: Range<&[u8]>) -> (std::ops::Bound<&[u8]>, std::ops::Bound<&[u8]>) {
    use std::ops::Bound::{Excluded, Included};
    (Included(range.start), Excluded(range.end))
}
