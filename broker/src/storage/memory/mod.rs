//! Storage in memory.

mod records;

use super::{
    MAX_ENTRIES, QueueEntry, Reads, Round, Storage, StorageBatch, StorageError, StorageTable, Visit,
};
use crate::Flush;
use crate::log::CommitLogOffset;
use bytes::{Bytes, BytesMut};
use records::Records;
use rocketmq_tower_core::sync::{read, write};
use std::collections::BTreeMap;
use std::ops::Bound::{Excluded, Included};
use std::ops::Range;
use std::sync::RwLock;

type Rows = BTreeMap<Bytes, Bytes>;

/// Records, and a sorted map for each table. It has no bound but the retention of messages. Each
/// record is a segment of its own.
#[derive(Debug, Default)]
pub(crate) struct MemoryStorage {
    state: RwLock<MemoryState>,
}

#[derive(Debug, Default)]
struct MemoryState {
    tables: [Rows; StorageTable::ALL.len()],
    records: Records,
}

impl MemoryState {
    fn change(&mut self, batch: StorageBatch) {
        for (table, key, value) in batch.into_changes() {
            let rows = &mut self.tables[table as usize];
            match value {
                Some(value) => rows.insert(key, value),
                None => rows.remove(&key),
            };
        }
    }

    /// Returns the first record that a row points to.
    fn first_needed(&self) -> Option<CommitLogOffset> {
        let tables = StorageTable::OF_RECORDS.iter().map(|&table| &self.tables[table as usize]);
        tables.flat_map(Rows::keys).filter_map(|key| StorageTable::record_of(key)).min()
    }
}

impl Storage for MemoryStorage {
    fn scan(
        &self,
        table: StorageTable,
        range: Range<&[u8]>,
        visit: &mut Visit<'_>,
    ) -> Result<(), StorageError> {
        // The map panics at a range that ends before it starts.
        if range.start < range.end {
            let state = read(&self.state);
            let bounds = (Included(range.start), Excluded(range.end));
            let mut rows = state.tables[table as usize].range::<[u8], _>(bounds);
            _ = rows.try_for_each(|(key, value)| visit(key, value));
        }
        Ok(())
    }

    fn place(&self, round: &mut Round) -> Result<(), StorageError> {
        let mut at = read(&self.state).records.end();
        for record in &mut round.records {
            record.at = CommitLogOffset::new(at);
            at += record.record.len() as u64;
        }
        Ok(())
    }

    fn append(&self, round: Round, _: Flush) -> Result<(), StorageError> {
        round.rows.check()?;
        let mut state = write(&self.state);
        round.records.into_iter().for_each(|record| state.records.push(record));
        state.change(round.rows);
        Ok(())
    }

    fn record(&self, at: CommitLogOffset) -> Result<Option<Bytes>, StorageError> {
        Ok(read(&self.state).records.get(at).cloned())
    }

    fn is_recent(&self, _: CommitLogOffset) -> bool {
        true
    }

    fn entries(
        &self,
        queue: u32,
        offsets: Range<i64>,
        _: Reads,
        entries: &mut Vec<QueueEntry>,
    ) -> Result<(), StorageError> {
        entries.extend(read(&self.state).records.entries(queue, offsets).take(MAX_ENTRIES));
        Ok(())
    }

    fn copy(
        &self,
        entries: &[QueueEntry],
        _: Reads,
        body: &mut BytesMut,
    ) -> Result<(), StorageError> {
        let state = read(&self.state);
        let records = entries.iter().filter_map(|entry| state.records.get(entry.at));
        records.for_each(|record| body.extend_from_slice(record));
        Ok(())
    }

    fn bounds(&self, queue: u32) -> Result<Range<i64>, StorageError> {
        Ok(read(&self.state).records.bounds(queue))
    }

    fn log_bounds(&self) -> Range<u64> {
        read(&self.state).records.log_bounds()
    }

    fn first_time(&self) -> Result<Option<i64>, StorageError> {
        Ok(read(&self.state).records.first_time())
    }

    fn next_queue(&self) -> u32 {
        read(&self.state).records.next_queue()
    }

    fn find(&self, hash: u64, max: usize) -> Result<Vec<CommitLogOffset>, StorageError> {
        Ok(read(&self.state).records.find(hash).take(max).collect())
    }

    fn trim(&self, oldest: i64) -> Result<Vec<(u32, i64)>, StorageError> {
        let mut state = write(&self.state);
        let needed = state.first_needed();
        Ok(state.records.trim(oldest, needed))
    }
}
