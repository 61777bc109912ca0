//! The small tables: a state on the disk that changes at checkpoints, and the changes since.

use super::{StorageBatch, StorageError, StorageTable, Visit};
use bytes::Bytes;
use rocketmq_tower_core::sync::{read, write};
use std::collections::BTreeMap;
use std::ops::Bound::{Excluded, Included};
use std::ops::Range;
use std::sync::{Arc, RwLock};

/// The number of changed rows that a scan looks at as of one moment.
const STEP: usize = 1024;

/// An allowance for handling a changed row.
const EACH: usize = 64;

/// A point from which the log is replayed after a start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Checkpoint {
    /// The offset in the log.
    pub(super) position: u64,
    /// No record before it was stored later, in ms since 1970.
    pub(super) time: i64,
    /// The start of the log's checksums.
    pub(super) secret: u32,
    /// `None` if an earlier version has written it.
    pub(super) parts: Option<Parts>,
}

/// The files that a checkpoint needs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Parts {
    /// The number of the log's segments that were ever begun before the checkpoint.
    pub(super) segments: u64,
    /// The parts of the log that have files in the index of keys.
    pub(super) runs: Vec<Range<u64>>,
}

/// The state of the tables at the last checkpoint.
pub(super) trait Tables: Send + Sync + 'static {
    /// Returns the last checkpoint; `None` in a new store.
    fn checkpoint(&self) -> Result<Option<Checkpoint>, StorageError>;

    /// Begins a scan of a state, which later calls of `commit` do not change.
    fn rows(&self, table: StorageTable, range: Range<&[u8]>) -> TableRows;

    /// Makes the changes and sets the checkpoint, together or not at all, on the disk.
    fn commit(&self, changes: &Changes, checkpoint: &Checkpoint) -> Result<(), StorageError>;
}

/// Rows in order of their keys.
pub(super) type TableRows = Box<dyn Iterator<Item = Result<(Bytes, Bytes), StorageError>>>;

/// The changes of a table's rows, by their keys; `None` for a deleted one.
type TableChanges = BTreeMap<Bytes, Option<Bytes>>;

/// The changes of all tables.
pub(super) type Changes = [TableChanges; StorageTable::ALL.len()];

/// The tables, with the changes since the last checkpoint in memory.
pub(super) struct LiveTables {
    tables: Arc<dyn Tables>,
    changed: RwLock<Changed>,
}

#[derive(Default)]
struct Changed {
    now: Changes,
    bytes: usize,
    /// The changes that are being written.
    frozen: Arc<Changes>,
}

impl LiveTables {
    pub(super) fn new(tables: Arc<dyn Tables>) -> Self {
        Self { tables, changed: RwLock::default() }
    }

    /// Makes changes. Returns the size of all those that are to be written, in bytes.
    pub(super) fn apply(&self, rows: StorageBatch) -> usize {
        let mut changed = write(&self.changed);
        for (table, key, value) in rows.into_changes() {
            let size = |value: &Option<Bytes>| value.as_ref().map_or(0, Bytes::len);
            let (key_size, new) = (EACH + key.len(), size(&value));
            match changed.now[table as usize].insert(key, value) {
                Some(old) => changed.bytes = changed.bytes - size(&old) + new,
                None => changed.bytes += key_size + new,
            }
        }
        changed.bytes
    }

    pub(super) fn scan(
        &self,
        table: StorageTable,
        range: Range<&[u8]>,
        visit: &mut Visit<'_>,
    ) -> Result<(), StorageError> {
        let mut start = range.start.to_vec();
        while start.as_slice() < range.end {
            let Step { changes, rows, end } = self.step(table, &start, range.end);
            let mut changes = changes.into_iter().peekable();
            for row in rows {
                let (key, value) = row?;
                if end.as_ref().is_some_and(|end| key >= *end) {
                    break;
                }
                while let Some((changed, new)) = changes.next_if(|(changed, _)| *changed < key) {
                    if visit_changed(&changed, new, visit) {
                        return Ok(());
                    }
                }
                match changes.next_if(|(changed, _)| *changed == key) {
                    Some((_, new)) if visit_changed(&key, new.clone(), visit) => return Ok(()),
                    Some(_) => {}
                    None if visit(&key, &value).is_break() => return Ok(()),
                    None => {}
                }
            }
            for (changed, new) in changes {
                if visit_changed(&changed, new, visit) {
                    return Ok(());
                }
            }
            let Some(end) = end else { break };
            start = end.to_vec();
        }
        Ok(())
    }

    /// Takes the next part of a scan, as of one moment.
    fn step(&self, table: StorageTable, start: &[u8], end: &[u8]) -> Step {
        let changed = read(&self.changed);
        let mut changes = TableChanges::new();
        let mut ends = Vec::new();
        // The newer changes last, so that they count.
        for layer in [&*changed.frozen, &changed.now] {
            let mut rows = layer[table as usize].range::<[u8], _>((Included(start), Excluded(end)));
            changes.extend(rows.by_ref().take(STEP).map(|(key, new)| (key.clone(), new.clone())));
            ends.extend(rows.next().map(|(key, _)| key.clone()));
        }
        let next = ends.into_iter().min();
        if let Some(next) = &next {
            changes.split_off(next);
        }
        // With the lock held: the frozen changes are dropped when they are in the tables.
        let rows = self.tables.rows(table, start..end);
        Step { changes, rows, end: next }
    }

    /// Takes the changes that the next checkpoint writes. They stay visible until
    /// [`commit`](Self::commit) has written them.
    pub(super) fn freeze(&self) -> Arc<Changes> {
        let mut changed = write(&self.changed);
        changed.bytes = 0;
        changed.frozen = Arc::new(std::mem::take(&mut changed.now));
        Arc::clone(&changed.frozen)
    }

    /// Writes the frozen changes and the checkpoint to the tables.
    pub(super) fn commit(
        &self,
        frozen: &Changes,
        checkpoint: &Checkpoint,
    ) -> Result<(), StorageError> {
        self.tables.commit(frozen, checkpoint)?;
        // The changes themselves are dropped without the lock.
        drop(std::mem::take(&mut write(&self.changed).frozen));
        Ok(())
    }
}

/// A part of a scan.
struct Step {
    changes: TableChanges,
    rows: TableRows,
    /// The key at which the next part begins; `None` after the last part.
    end: Option<Bytes>,
}

/// Returns whether the visit ends the scan.
fn visit_changed(key: &[u8], new: Option<Bytes>, visit: &mut Visit<'_>) -> bool {
    new.is_some_and(|new| visit(key, &new).is_break())
}
