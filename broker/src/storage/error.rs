//! Errors of the storage.

use super::batch::MAX_KEY;
use rocketmq_tower::BoxError;
use std::io;
use std::path::PathBuf;

/// Why an operation of the storage failed.
///
/// A round whose append failed may or may not be there after the next start, as with every database
/// whose acknowledgement is lost. It is never there in part.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StorageError {
    #[error("the folder {} cannot be created", .0.display())]
    Folder(PathBuf, #[source] io::Error),
    #[error("the folder {} is in use by another broker", .0.display())]
    InUse(PathBuf),
    #[error("the store in the folder {} cannot be opened", .0.display())]
    Open(PathBuf, #[source] BoxError),
    #[error("a key has {0} bytes, but must have 1 to {MAX_KEY}")]
    Key(usize),
    /// Not expected: the records come from this program's encoder, and no request is that long.
    #[error("a record is not a stored message, or has 64 MiB or more")]
    Record,
    #[error("reading failed")]
    Read(#[source] BoxError),
    #[error("the store in the folder {} is that of an earlier version, which this one cannot read: start with an empty folder", .0.display())]
    OldFormat(PathBuf),
    #[error(
        "the log is damaged at the offset {offset}, in the file {file}: the option skip-damage starts \
         without the messages there"
    )]
    Damaged { file: String, offset: u64 },
    /// The index can be made anew from the log.
    #[error("the index is damaged at the offset {offset}, in the file {file}")]
    Index { file: String, offset: u64 },
    /// Nothing was stored. Later writes may succeed.
    #[error("the disk is full")]
    Full(#[source] io::Error),
    /// Nothing was stored. Later writes may succeed.
    #[error("too many files are open")]
    Files(#[source] io::Error),
    /// After an error of the disk, all later writes fail as well.
    #[error("writing failed")]
    Write(#[source] BoxError),
}

impl StorageError {
    /// Reading failed, with this cause.
    pub(super) fn read(cause: impl Into<BoxError>) -> Self {
        Self::Read(cause.into())
    }

    /// Writing failed for good, with this cause.
    pub(super) fn write(cause: impl Into<BoxError>) -> Self {
        Self::Write(cause.into())
    }

    /// Returns whether all writes fail until the store is opened again.
    pub(crate) fn is_final(&self) -> bool {
        matches!(self, Self::Write(_))
    }
}
