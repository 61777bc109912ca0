//! What can go wrong in a store.

use super::batch::MAX_KEY;
use std::path::PathBuf;

/// Why a store could not do what it was asked for.
///
/// Whether a batch whose writing failed is there after the next start is open, as with every
/// database whose answer was lost. It is never there by half.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StorageError {
    #[error("the folder {} can't be made", .0.display())]
    Folder(PathBuf, #[source] std::io::Error),
    #[error("{} is in use by another process", .0.display())]
    InUse(PathBuf),
    #[error("{} can't be opened", .0.display())]
    Open(PathBuf, #[source] fjall::Error),
    #[error("a key has {0} bytes; 1 to {MAX_KEY} are possible")]
    Key(usize),
    #[error("reading failed")]
    Read(#[source] fjall::Error),
    /// Once it was the disk that failed, all later writes fail as well.
    #[error("writing failed")]
    Write(#[source] fjall::Error),
}

impl StorageError {
    /// Whether the store writes nothing any more until it is opened anew.
    pub(crate) fn is_final(&self) -> bool {
        matches!(self, Self::Write(_))
    }
}
