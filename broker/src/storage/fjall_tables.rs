//! The small tables in a folder: those of [fjall], a log-structured merge tree, so that any number of
//! rows needs little memory.

use super::tables::{Changes, Checkpoint, Parts, TableRows, Tables};
use super::{StorageError, StorageTable};
use bytes::Bytes;
use fjall::{Database, Keyspace, KeyspaceCreateOptions, PersistMode, Readable};
use rocketmq_tower_core::sync::{read, write};
use std::error::Error;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::RwLock;
use std::sync::atomic::{AtomicBool, Ordering};

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
    folder: PathBuf,
    /// `None` if they could not be opened again.
    open: RwLock<Option<Opened>>,
    /// A commit has failed: fjall takes no more until it is opened again.
    is_broken: AtomicBool,
}

struct Opened {
    database: Database,
    rows: Keyspace,
}

impl FjallTables {
    /// Opens the tables in `folder`, which is created if it does not exist.
    pub(super) fn open(folder: &Path) -> Result<Self, StorageError> {
        let open = Opened::open(folder).map_err(|error| open_error(folder, error))?;
        let open = RwLock::new(Some(open));
        Ok(Self { folder: folder.into(), open, is_broken: false.into() })
    }

    /// Opens the tables again after a commit has failed, such as because the disk was full.
    fn reopen(&self) -> Result<(), StorageError> {
        let mut open = write(&self.open);
        // Only one can be open.
        drop(open.take());
        *open = Some(Opened::open(&self.folder).map_err(write_error)?);
        self.is_broken.store(false, Ordering::Release);
        Ok(())
    }
}

impl Opened {
    fn open(folder: &Path) -> fjall::Result<Self> {
        let database = Database::builder(folder)
            .cache_size(CACHE)
            .max_journaling_size(JOURNALS)
            .worker_threads(1)
            .open()?;
        let options = || KeyspaceCreateOptions::default().max_memtable_size(MEMTABLE);
        let rows = database.keyspace(ROWS, options)?;
        Ok(Self { database, rows })
    }

    fn commit(&self, changes: &Changes, checkpoint: &Checkpoint) -> fjall::Result<()> {
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
        batch.insert(&self.rows, CHECKPOINT, encode(checkpoint));
        batch.commit()
    }
}

/// Returns the error of the system that caused this one, if one did.
fn io_error(error: &fjall::Error) -> Option<io::Error> {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<io::Error>() {
            return Some(match error.raw_os_error() {
                Some(code) => io::Error::from_raw_os_error(code),
                None => io::Error::new(error.kind(), error.to_string()),
            });
        }
        cause = error.source();
    }
    None
}

fn open_error(folder: &Path, error: fjall::Error) -> StorageError {
    // Fjall's errors if some of its files are missing.
    const OF_LOSS: [io::ErrorKind; 4] = [
        io::ErrorKind::AlreadyExists,
        io::ErrorKind::InvalidData,
        io::ErrorKind::NotFound,
        io::ErrorKind::UnexpectedEof,
    ];

    if matches!(error, fjall::Error::Locked) {
        return StorageError::InUse(folder.into());
    }
    match io_error(&error) {
        Some(error) if !OF_LOSS.contains(&error.kind()) => {
            StorageError::Open(folder.into(), error.into())
        }
        Some(error) => StorageError::Tables(folder.into(), error.into()),
        // Fjall's own text is for programmers.
        None => StorageError::Tables(folder.into(), "their content is damaged".into()),
    }
}

fn write_error(error: fjall::Error) -> StorageError {
    match io_error(&error) {
        Some(error) => StorageError::disk(error),
        None => StorageError::write("the tables have failed, and are to be opened again"),
    }
}

fn read_error(error: fjall::Error) -> StorageError {
    match io_error(&error) {
        Some(error) => StorageError::read(error),
        None => StorageError::read("the content of the tables is damaged"),
    }
}

impl Tables for FjallTables {
    fn checkpoint(&self) -> Result<Option<Checkpoint>, StorageError> {
        let open = read(&self.open);
        let Some(open) = &*open else { return Ok(None) };
        let Some(row) = open.rows.get(CHECKPOINT).map_err(read_error)? else { return Ok(None) };
        let unknown = || StorageError::read("the checkpoint has an unknown form");
        decode(&row).ok_or_else(unknown).map(Some)
    }

    fn rows(&self, table: StorageTable, range: Range<&[u8]>) -> TableRows {
        let range = key_of(table as u8, range.start)..key_of(table as u8, range.end);
        let open = read(&self.open);
        let Some(Opened { database, rows }) = &*open else {
            let error = StorageError::read("the tables could not be opened again");
            return Box::new(std::iter::once(Err(error)));
        };
        let rows = database.snapshot().range(rows, range);
        Box::new(rows.map(|row| {
            let (key, value) = row.into_inner().map_err(read_error)?;
            Ok((Bytes::from(key).slice(1..), value.into()))
        }))
    }

    fn commit(&self, changes: &Changes, checkpoint: &Checkpoint) -> Result<(), StorageError> {
        if self.is_broken.load(Ordering::Acquire) {
            self.reopen()?;
        }
        let open = read(&self.open);
        let open = open.as_ref().ok_or_else(|| StorageError::read("the tables are not open"))?;
        open.commit(changes, checkpoint).map_err(|error| {
            self.is_broken.store(true, Ordering::Release);
            write_error(error)
        })
    }
}

/// Returns the row of a checkpoint.
fn encode(checkpoint: &Checkpoint) -> Vec<u8> {
    let Checkpoint { position, time, secret, parts } = checkpoint;
    let mut row =
        [position.to_be_bytes(), time.to_be_bytes(), u64::from(*secret).to_be_bytes()].concat();
    if let Some(Parts { segments, runs }) = parts {
        let runs = runs.iter().flat_map(|run| [run.start, run.end]);
        row.extend([*segments].into_iter().chain(runs).flat_map(u64::to_be_bytes));
    }
    row
}

/// Returns the checkpoint of a row; `None` if the row has an unknown form.
fn decode(row: &[u8]) -> Option<Checkpoint> {
    let (numbers, []) = row.as_chunks::<8>() else { return None };
    let [position, time, secret, parts @ ..] = numbers else { return None };
    let parts = parts.split_first().map(|(segments, runs)| Parts {
        segments: u64::from_be_bytes(*segments),
        runs: runs
            .as_chunks::<2>()
            .0
            .iter()
            .map(|[start, end]| u64::from_be_bytes(*start)..u64::from_be_bytes(*end))
            .collect(),
    });
    let (position, time) = (u64::from_be_bytes(*position), i64::from_be_bytes(*time));
    Some(Checkpoint { position, time, secret: u64::from_be_bytes(*secret) as u32, parts })
}

/// Returns the key of a row in fjall's table.
fn key_of(table: u8, key: &[u8]) -> Vec<u8> {
    [&[table], key].concat()
}

#[cfg(test)]
mod tests {
    use super::{Changes, Checkpoint, FjallTables, Tables};
    use crate::storage::StorageTable;
    use crate::storage::tables::Parts;
    use crate::storage::tests::Scratch;
    use std::sync::atomic::Ordering;

    fn changes(key: &'static str) -> Changes {
        let mut changes = Changes::default();
        changes[StorageTable::Config as usize].insert(key.into(), Some("value".into()));
        changes
    }

    fn checkpoint(position: u64) -> Checkpoint {
        let parts = Some(Parts { segments: 2, runs: vec![0..5, 9..10] });
        Checkpoint { position, time: -1, secret: u32::MAX, parts }
    }

    #[test]
    fn tables_are_opened_again_after_a_commit_has_failed() {
        let folder = Scratch::new();
        let tables = FjallTables::open(&folder).unwrap();
        tables.commit(&changes("one"), &checkpoint(1)).unwrap();
        tables.is_broken.store(true, Ordering::Release);
        tables.commit(&changes("two"), &checkpoint(2)).unwrap();
        assert!(!tables.is_broken.load(Ordering::Acquire));
        assert_eq!(tables.checkpoint().unwrap(), Some(checkpoint(2)));
        let rows = tables.rows(StorageTable::Config, b""..b"\xff");
        assert_eq!(rows.map(|row| row.unwrap().0).collect::<Vec<_>>(), ["one", "two"]);
    }

    #[test]
    fn tables_that_are_being_read_are_opened_again_later() {
        let folder = Scratch::new();
        let tables = FjallTables::open(&folder).unwrap();
        tables.commit(&changes("one"), &checkpoint(1)).unwrap();
        tables.is_broken.store(true, Ordering::Release);
        let rows = tables.rows(StorageTable::Config, b""..b"\xff");
        let again = tables.commit(&changes("two"), &checkpoint(2));
        drop(rows);
        if again.is_err() {
            tables.commit(&changes("two"), &checkpoint(2)).unwrap();
        }
        assert_eq!(tables.checkpoint().unwrap(), Some(checkpoint(2)));
    }
}
