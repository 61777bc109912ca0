//! The broker's storage: sorted tables of bytes behind one small trait. [`open`] keeps them in a
//! folder, [`MemoryStorage`] in memory.

mod batch;
mod disk;
mod error;
mod files;
mod memory;
#[cfg(test)]
mod tests;

use crate::Flush;
pub(crate) use batch::StorageBatch;
pub(crate) use disk::open;
pub(crate) use error::StorageError;
pub(crate) use memory::MemoryStorage;
use std::ops::{ControlFlow, Range};

/// The tables of the storage. Each has its own keys, sorted by their bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StorageTable {
    /// All messages, by their commit-log offsets.
    Messages,
    /// The commit-log offsets of messages, by the hashes of their keys.
    Keys,
    /// The offsets of consumer groups in queues.
    Offsets,
    Topics,
    /// The name server's key-value configuration.
    Config,
    /// Messages that wait for their time.
    Scheduled,
    /// Messages that wait for their transactions.
    Prepared,
}

impl StorageTable {
    pub(crate) const ALL: [Self; 7] = [
        Self::Messages,
        Self::Keys,
        Self::Offsets,
        Self::Topics,
        Self::Config,
        Self::Scheduled,
        Self::Prepared,
    ];

    /// Returns the table's name in the store.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Messages => "messages",
            Self::Keys => "keys",
            Self::Offsets => "offsets",
            Self::Topics => "topics",
            Self::Config => "config",
            Self::Scheduled => "scheduled",
            Self::Prepared => "prepared",
        }
    }
}

/// Visits a key and its value in a scan; a break ends the scan.
pub(crate) type Visit<'a> = dyn FnMut(&[u8], &[u8]) -> ControlFlow<()> + 'a;

/// A key and its value.
pub(crate) type StorageRow = (Vec<u8>, Vec<u8>);

/// Sorted tables of bytes. All methods may block, and may be called from several threads.
pub(crate) trait Storage: Send + Sync + 'static {
    /// Returns the value of `key`.
    fn get(&self, table: StorageTable, key: &[u8]) -> Result<Option<Vec<u8>>, StorageError>;

    /// Visits the entries whose keys are in `range`, in order, until `visit` breaks. A batch is visited
    /// as a whole or not at all. `visit` must not call the storage.
    fn scan(
        &self,
        table: StorageTable,
        range: Range<&[u8]>,
        visit: &mut Visit<'_>,
    ) -> Result<(), StorageError>;

    /// Returns the entry with the greatest key in `range`.
    fn last(
        &self,
        table: StorageTable,
        range: Range<&[u8]>,
    ) -> Result<Option<StorageRow>, StorageError>;

    /// Makes all changes of `batch` or none. Fails if [`StorageBatch::check`] does.
    fn write(&self, batch: StorageBatch, flush: Flush) -> Result<(), StorageError>;
}
