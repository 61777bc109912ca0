//! The small tables in a folder: those of [fjall], a log-structured merge tree, so that any number of
//! rows needs little memory.

use super::tables::{Changes, Checkpoint, TableRows, Tables};
use super::{StorageError, StorageTable};
use bytes::Bytes;
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

/// The name of fjall's only table: each one that is created or opened takes several syncs.
const ROWS: &str = "rows";

/// The key of the checkpoint. Those of rows begin with the number of their table.
const CHECKPOINT: [u8; 1] = [0xff];

/// The tables of a folder.
pub(super) struct FjallTables {
    database: Database,
    rows: Keyspace,
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
        let rows = database.keyspace(ROWS, options).map_err(failed)?;
        Ok(Self { database, rows })
    }
}

impl Tables for FjallTables {
    fn checkpoint(&self) -> Result<Option<Checkpoint>, StorageError> {
        let Some(row) = self.rows.get(CHECKPOINT).map_err(StorageError::read)? else {
            return Ok(None);
        };
        let [position, time, secret] = *row.as_chunks::<8>().0 else {
            return Err(StorageError::read("the checkpoint has an unknown form"));
        };
        let (position, time) = (u64::from_be_bytes(position), i64::from_be_bytes(time));
        let secret = u64::from_be_bytes(secret) as u32;
        Ok(Some(Checkpoint { position, time, secret }))
    }

    fn rows(&self, table: StorageTable, range: Range<&[u8]>) -> TableRows {
        let range = key_of(table as u8, range.start)..key_of(table as u8, range.end);
        let rows = self.database.snapshot().range(&self.rows, range);
        Box::new(rows.map(|row| {
            let (key, value) = row.into_inner().map_err(StorageError::read)?;
            Ok((Bytes::from(key).slice(1..), value.into()))
        }))
    }

    fn commit(&self, changes: &Changes, checkpoint: Checkpoint) -> Result<(), StorageError> {
        let mut batch = self.database.batch().durability(Some(PersistMode::SyncData));
        for (table, changes) in (0..).zip(changes) {
            for (key, value) in changes {
                let key = key_of(table, key);
                match value {
                    Some(value) => batch.insert(&self.rows, key, value.clone()),
                    None => batch.remove(&self.rows, key),
                }
            }
        }
        let Checkpoint { position, time, secret } = checkpoint;
        let row = [position.to_be_bytes(), time.to_be_bytes(), u64::from(secret).to_be_bytes()];
        batch.insert(&self.rows, CHECKPOINT, row.concat());
        batch.commit().map_err(StorageError::write)
    }
}

/// Returns the key of a row in fjall's table.
fn key_of(table: u8, key: &[u8]) -> Vec<u8> {
    [&[table], key].concat()
}
