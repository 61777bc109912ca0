//! Errors of the storage.

use super::batch::MAX_KEY;
use super::files::{is_full, is_out_of_files};
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
    /// Only with [`Reads::Cached`](super::Reads).
    #[error("reading would wait for the disk")]
    NotCached,
    #[error("the store in the folder {} is that of an earlier version, which this one cannot read: start with an empty folder", .0.display())]
    OldFormat(PathBuf),
    #[error(
        "the log is damaged at the offset {offset}, in the file {file}: the option skip-damage starts \
         without the messages there"
    )]
    Damaged { file: String, offset: u64 },
    #[error(transparent)]
    Missing(#[from] Missing),
    /// The tables cannot be read. They can be made anew from the log, as far as it goes back.
    #[error(
        "the tables in the folder {} cannot be read, as files are missing or damaged: move that folder away, \
         and the next start makes topics and offsets anew from the log, as far as it goes back", .0.display()
    )]
    Tables(PathBuf, #[source] BoxError),
    /// The index can be made anew from the log.
    #[error("the index is damaged at the offset {offset}, in the file {file}")]
    Index { file: String, offset: u64 },
    /// Nothing was stored. Later writes may succeed.
    #[error("the disk is full")]
    Full(#[source] io::Error),
    /// Nothing was stored. Later writes may succeed.
    #[error("too many files are open")]
    Files(#[source] io::Error),
    /// Nothing was stored. Later writes may succeed.
    #[error(
        "indexes and tables could not be written for too long, such as because the disk is full: messages are \
         stored again when they are"
    )]
    Behind,
    /// After an error of the disk, all later writes fail as well.
    #[error("writing failed")]
    Write(#[source] BoxError),
}

/// Which part of a store is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Missing {
    #[error(
        "the files of the folder log are missing, with all messages: put them back, or the option \
         skip-damage starts without them"
    )]
    Log,
    #[error(
        "files of the folder log are missing, at least {count}, with their messages: put them back, or the \
         option skip-damage starts without them"
    )]
    Segments { count: u64 },
    #[error(
        "the file log/store is missing or damaged, which says where the log begins, so that other lost files \
         would not be noticed: put it back, or the option skip-damage starts with the files that are there"
    )]
    Marker,
    #[error(
        "the folder tables, or a file in it, is missing, with topics and offsets that the log does not have any \
         more: put it back, or the option skip-damage makes those anew of which the log knows"
    )]
    Tables,
    #[error(
        "the folder log has messages, but its file store and the folder tables are missing, without which they \
         cannot be read: put one of them back, or start with an empty folder"
    )]
    Secret,
    #[error(
        "the folders log and tables are those of different stores: put those together that belong together, or \
         start with an empty folder"
    )]
    Mixed,
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

    /// Writing failed with an error of the disk, which is final unless there was no room.
    pub(super) fn disk(error: io::Error) -> Self {
        match error {
            error if is_full(&error) => Self::Full(error),
            error if is_out_of_files(&error) => Self::Files(error),
            error => Self::write(error),
        }
    }

    /// Returns whether all writes fail until the store is opened again.
    pub(crate) fn is_final(&self) -> bool {
        matches!(self, Self::Write(_))
    }
}
