//! Errors of the storage.

use super::batch::MAX_KEY;
use std::path::PathBuf;

/// Why an operation of the storage failed.
///
/// A batch whose write failed may or may not be there after the next start, as with every database
/// whose acknowledgement is lost. It is never there in part.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StorageError {
    #[error("the folder {} cannot be created", .0.display())]
    Folder(PathBuf, #[source] std::io::Error),
    #[error("the folder {} is in use by another broker", .0.display())]
    InUse(PathBuf),
    #[error("the store in the folder {} cannot be opened", .0.display())]
    Open(PathBuf, #[source] fjall::Error),
    #[error("a key has {0} bytes, but must have 1 to {MAX_KEY}")]
    Key(usize),
    #[error("reading failed")]
    Read(#[source] fjall::Error),
    /// After an error of the disk, all later writes fail as well.
    #[error("writing failed")]
    Write(#[source] fjall::Error),
}

impl StorageError {
    /// Returns whether all writes fail until the store is opened again.
    pub(crate) fn is_final(&self) -> bool {
        matches!(self, Self::Write(_))
    }
}
