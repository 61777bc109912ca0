//! The small tables in a folder: those of [fjall], a log-structured merge tree, so that any number of
//! rows needs little memory.

use super::tables::{Changes, Checkpoint, TableRows, Tables};
use super::{StorageError, StorageTable};
use fjall::{Database, Keyspace, KeyspaceCreateOptions, PersistMode, Readable};
use std::ops::Range;
use std::path::Path;

const MIB: u64 = 1024 * 1024;

/// The size of the read cache of all tables.
const CACHE: u64 = 4 * MIB;

/// The size of a table in memory at which it is written to a file.
const MEMTABLE: u64 = 4 * MIB;

/// The maximum size of the journals: the least that fjall takes.
const JOURNALS: u64 = 64 * MIB;

/// The table and the key of the checkpoint.
const LOG: &str = "log";
const CHECKPOINT: &str = "checkpoint";

/// The tables of a folder.
pub(super) struct FjallTables {
    database: Database,
    tables: [Keyspace; StorageTable::ALL.len()],
    log: Keyspace,
}

impl FjallTables {
    /// Opens the tables in `folder`, which is created if it does not exist.
    pub(super) fn open(folder: &Path) -> Result<Self, StorageError> {
        let failed = |error| match error {
            fjall::Error::Locked => StorageError::InUse(folder.into()),
            error => StorageError::Open(folder.into(), error.into()),
        };
        let database = Database::builder(folder)
            .cache_size(CACHE)
            .max_journaling_size(JOURNALS)
            .worker_threads(1)
            .open()
            .map_err(failed)?;
        let options = || KeyspaceCreateOptions::default().max_memtable_size(MEMTABLE);
        let open = |name: &str| database.keyspace(name, options).map_err(failed);
        let [a, b, c, d, e] = StorageTable::ALL.map(|table| open(table.name()));
        let (tables, log) = ([a?, b?, c?, d?, e?], open(LOG)?);
        Ok(Self { database, tables, log })
    }
}

impl Tables for FjallTables {
    fn checkpoint(&self) -> Result<Option<Checkpoint>, StorageError> {
        let Some(row) = self.log.get(CHECKPOINT).map_err(read_failed)? else { return Ok(None) };
        let [position, time, secret] = *row.as_chunks::<8>().0 else {
            return Err(StorageError::Read("the checkpoint has an unknown form".into()));
        };
        let (position, time) = (u64::from_be_bytes(position), i64::from_be_bytes(time));
        let secret = u64::from_be_bytes(secret) as u32;
        Ok(Some(Checkpoint { position, time, secret }))
    }

    fn rows(&self, table: StorageTable, range: Range<&[u8]>) -> TableRows {
        let rows = self.database.snapshot().range(&self.tables[table as usize], range);
        Box::new(rows.map(|row| {
            let (key, value) = row.into_inner().map_err(read_failed)?;
            Ok((key.into(), value.into()))
        }))
    }

    fn commit(&self, changes: &Changes, checkpoint: Checkpoint) -> Result<(), StorageError> {
        let mut batch = self.database.batch().durability(Some(PersistMode::SyncData));
        for (table, changes) in self.tables.iter().zip(changes) {
            for (key, value) in changes {
                match value {
                    Some(value) => batch.insert(table, key.clone(), value.clone()),
                    None => batch.remove(table, key.clone()),
                }
            }
        }
        let Checkpoint { position, time, secret } = checkpoint;
        let row = [position.to_be_bytes(), time.to_be_bytes(), u64::from(secret).to_be_bytes()];
        batch.insert(&self.log, CHECKPOINT, row.concat());
        batch.commit().map_err(|error| StorageError::Write(error.into()))
    }
}

fn read_failed(error: fjall::Error) -> StorageError {
    StorageError::Read(error.into())
}
