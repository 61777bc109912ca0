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
    #[error("reading failed")]
    Read(#[source] BoxError),
    /// After an error of the disk, all later writes fail as well.
    #[error("writing failed")]
    Write(#[source] BoxError),
}

impl StorageError {
    /// Returns whether all writes fail until the store is opened again.
    pub(crate) fn is_final(&self) -> bool {
        matches!(self, Self::Write(_))
    }
}
