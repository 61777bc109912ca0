//! Storage in a folder.
//!
//! The tables are those of [fjall]. A log-structured merge tree fits a broker, which appends messages
//! to queues and reads them in order. fjall is pure Rust and maintained, writes batches across tables,
//! and has one journal, so that one fsync is enough for all pending writes. redb, which was measured
//! beside it, takes twice the processor time for a message.

use super::{Storage, StorageBatch, StorageError, StorageRow, StorageTable, Visit};
use crate::Flush;
use fjall::compaction::Leveled;
use fjall::config::{BlockSizePolicy, FilterPolicy};
use fjall::{Database, Keyspace, KeyspaceCreateOptions, PersistMode, Readable, Snapshot};
use rocketmq_tower_core::sync::lock;
use std::fs;
use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

const MIB: u64 = 1024 * 1024;

/// The size of the read cache of all tables.
const CACHE: u64 = 16 * MIB;

/// The size of a table in memory at which it is written to a file. A larger one merges the messages
/// of many queues less often.
const MEMTABLE: u64 = 24 * MIB;

/// The size of all tables in memory at which a write waits for the workers. It is less than four
/// times `MEMTABLE`, at which fjall itself would wait, in steps of 100 ms.
const MEMTABLES: u64 = 72 * MIB;

/// The number of files that wait to be merged.
const UNMERGED: u8 = 8;

/// The size of the blocks that are read and cached.
const BLOCK: u32 = 16 * 1024;

/// The maximum time that a write waits for the workers.
const PATIENCE: Duration = Duration::from_secs(10);

/// The number of workers. With fewer, all of them may be merging large files while the tables in
/// memory fill up.
const WORKERS: usize = 4;

/// The maximum size of the journals, which are read again after the process was killed.
const JOURNALS: u64 = 128 * MIB;

/// The tables of a folder.
pub(crate) struct DiskStorage {
    database: Database,
    tables: [Keyspace; StorageTable::ALL.len()],
    /// The state after the last batch, for scans. A snapshot that is taken while a batch is committed
    /// may see a half of it: fjall's workers move the visible state past it.
    committed: Mutex<Snapshot>,
    /// Held while a batch is committed, so that `committed` is not taken during another one.
    committing: Mutex<()>,
}

/// Opens the store in `folder`, which is created if it does not exist.
pub(crate) fn open(folder: &Path) -> Result<DiskStorage, StorageError> {
    open_with(folder, MEMTABLE)
}

/// Opens it with another size of tables in memory.
pub(super) fn open_with(folder: &Path, memtable: u64) -> Result<DiskStorage, StorageError> {
    fs::create_dir_all(folder).map_err(|error| StorageError::Folder(folder.into(), error))?;
    let failed = |error| match error {
        fjall::Error::Locked => StorageError::InUse(folder.into()),
        error => StorageError::Open(folder.into(), error),
    };
    let database = Database::builder(folder)
        .cache_size(CACHE)
        .max_journaling_size(JOURNALS)
        .worker_threads(WORKERS)
        .open()
        .map_err(failed)?;
    let options = || options(memtable);
    let table = |table: StorageTable| database.keyspace(table.name(), options).map_err(failed);
    let [a, b, c, d, e, f, g] = StorageTable::ALL.map(table);
    let tables = [a?, b?, c?, d?, e?, f?, g?];
    let committed = Mutex::new(database.snapshot());
    Ok(DiskStorage { database, tables, committed, committing: Mutex::new(()) })
}

/// The options of a table. It has no filters, as most keys that are looked up exist.
fn options(memtable: u64) -> KeyspaceCreateOptions {
    KeyspaceCreateOptions::default()
        .max_memtable_size(memtable)
        .compaction_strategy(Arc::new(Leveled::default().with_l0_threshold(UNMERGED)))
        .data_block_size_policy(BlockSizePolicy::all(BLOCK))
        .filter_policy(FilterPolicy::disabled())
}

impl DiskStorage {
    fn table(&self, table: StorageTable) -> &Keyspace {
        &self.tables[table as usize]
    }

    fn committed(&self) -> Snapshot {
        lock(&self.committed).clone()
    }

    /// Waits until the workers have made room in memory. If they have failed, the next write fails.
    fn wait_for_room(&self) {
        let begin = Instant::now();
        while self.database.write_buffer_size() > MEMTABLES && begin.elapsed() < PATIENCE {
            thread::sleep(Duration::from_millis(1));
        }
    }
}

impl Storage for DiskStorage {
    fn get(&self, table: StorageTable, key: &[u8]) -> Result<Option<Vec<u8>>, StorageError> {
        let value = self.table(table).get(key).map_err(StorageError::Read)?;
        Ok(value.map(|value| value.to_vec()))
    }

    fn scan(
        &self,
        table: StorageTable,
        range: Range<&[u8]>,
        visit: &mut Visit<'_>,
    ) -> Result<(), StorageError> {
        for entry in self.committed().range(self.table(table), range) {
            let (key, value) = entry.into_inner().map_err(StorageError::Read)?;
            if visit(&key, &value).is_break() {
                break;
            }
        }
        Ok(())
    }

    fn last(
        &self,
        table: StorageTable,
        range: Range<&[u8]>,
    ) -> Result<Option<StorageRow>, StorageError> {
        let last = self.committed().range(self.table(table), range).next_back();
        let last = last.map(|entry| entry.into_inner()).transpose().map_err(StorageError::Read)?;
        Ok(last.map(|(key, value)| (key.to_vec(), value.to_vec())))
    }

    fn write(&self, batch: StorageBatch, flush: Flush) -> Result<(), StorageError> {
        self.wait_for_room();
        batch.check()?;
        let mode = match flush {
            Flush::Sync => PersistMode::SyncData,
            Flush::Async => PersistMode::Buffer,
        };
        let mut changes = self.database.batch().durability(Some(mode));
        for (table, key, value) in batch.into_changes() {
            match value {
                Some(value) => changes.insert(self.table(table), key, value),
                None => changes.remove(self.table(table), key),
            }
        }
        let _committing = lock(&self.committing);
        changes.commit().map_err(StorageError::Write)?;
        *lock(&self.committed) = self.database.snapshot();
        Ok(())
    }
}
