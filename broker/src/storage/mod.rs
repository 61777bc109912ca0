//! The broker's storage behind one small trait: a log of all messages, what is derived from it, and
//! sorted tables of bytes. [`open`] keeps it in a folder, [`MemoryStorage`] in memory.

mod batch;
mod checkpoint;
mod disk;
mod error;
mod files;
mod fjall_tables;
mod inventory;
mod key_index;
mod marker;
mod memory;
mod queue_index;
mod round;
mod segments;
mod table;
mod tables;
#[cfg(test)]
pub(crate) mod tests;

use crate::Flush;
use crate::log::CommitLogOffset;
pub(crate) use batch::StorageBatch;
use bytes::{Bytes, BytesMut};
pub(crate) use disk::{DiskOptions, open};
pub(crate) use error::StorageError;
pub(crate) use memory::MemoryStorage;
use round::SIZE_BITS;
pub(crate) use round::{KeyHashes, NewRecord, QueueEntry, Round, TAG_BITS};
use std::ops::{ControlFlow, Range};
pub(crate) use table::StorageTable;

/// The maximum number of entries that [`Storage::entries`] returns.
pub(crate) const MAX_ENTRIES: usize = 8192;

/// Visits a key and its value in a scan; a break ends the scan.
pub(crate) type Visit<'a> = dyn FnMut(&[u8], &[u8]) -> ControlFlow<()> + 'a;

/// The reads that are allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reads {
    /// Those that do not wait for the disk. Others fail with [`StorageError::NotCached`].
    Cached,
    All,
}

/// The store. All methods may block on the disk, and may be called from several threads at a time,
/// except for `place` and `append`: only the writer thread calls them.
pub(crate) trait Storage: Send + Sync + 'static {
    /// Visits the rows whose keys are in `range`, in order, until `visit` breaks. The row changes of a
    /// round are visited as a whole or not at all. `visit` must not call the storage.
    fn scan(
        &self,
        table: StorageTable,
        range: Range<&[u8]>,
        visit: &mut Visit<'_>,
    ) -> Result<(), StorageError>;

    /// Sets the offsets of the records of `round`: those that they will have if it is the next one that
    /// is appended. Rows may be added afterwards, but no records.
    fn place(&self, round: &mut Round) -> Result<(), StorageError>;

    /// Stores the records and the row changes of a placed round together or not at all. On return they
    /// are visible and, with [`Flush::Sync`], on the disk. Fails if [`StorageBatch::check`] does.
    fn append(&self, round: Round, flush: Flush) -> Result<(), StorageError>;

    /// Returns the record that begins at this offset; `None` if no record does.
    fn record(&self, at: CommitLogOffset) -> Result<Option<Bytes>, StorageError>;

    /// Returns whether the record at this offset is read from memory, or is known not to exist, so that
    /// [`record`](Self::record) does not wait for the disk.
    fn is_recent(&self, at: CommitLogOffset) -> bool;

    /// Appends the entries of a queue's messages to `entries`: consecutive ones that begin with
    /// `offsets.start`, at most those in `offsets`, and at most [`MAX_ENTRIES`]. None if the first one is
    /// not there. Fewer than that do not mean that the queue ends.
    fn entries(
        &self,
        queue: u32,
        offsets: Range<i64>,
        reads: Reads,
        entries: &mut Vec<QueueEntry>,
    ) -> Result<(), StorageError>;

    /// Appends the records of `entries` to `body`, one after another. A record that was deleted since
    /// the entries were read, or that is damaged, is left out.
    fn copy(
        &self,
        entries: &[QueueEntry],
        reads: Reads,
        body: &mut BytesMut,
    ) -> Result<(), StorageError>;

    /// Returns the offset of a queue's first message, and the one after its last. Equal if the queue is
    /// empty, both 0 if it never had a message.
    fn bounds(&self, queue: u32) -> Result<Range<i64>, StorageError>;

    /// Returns the offset of the log's first record, and the one after its last.
    fn log_bounds(&self) -> Range<u64>;

    /// Returns when the first record of the log was stored, in ms since 1970. `None` if there is none, or none
    /// is found near the start of the log.
    fn first_time(&self) -> Result<Option<i64>, StorageError>;

    /// Returns a number above those of all queues that have ever had a message, as far as that is known.
    fn next_queue(&self) -> u32;

    /// Returns the offsets of records with the hash of a key, newest first, at most `max`. Some of them
    /// may have been deleted.
    fn find(&self, hash: u64, max: usize) -> Result<Vec<CommitLogOffset>, StorageError>;

    /// Deletes the oldest records of the log: whole segments whose records were all stored before
    /// `oldest`, in ms since 1970, up to the first one that a row of the tables `Scheduled` or `Prepared`
    /// points into. Returns the queues whose first offset has moved, with that offset.
    fn trim(&self, oldest: i64) -> Result<Vec<(u32, i64)>, StorageError>;
}
