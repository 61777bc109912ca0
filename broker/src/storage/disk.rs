//! Storage in a folder.

use super::{MemoryStorage, StorageError};
use crate::Flush;
use std::fs;
use std::path::Path;

/// How the store is kept.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DiskOptions {
    pub(crate) flush: Flush,
    /// The size of the log's files, in bytes.
    pub(crate) segment_size: u64,
    /// Goes on after a damaged part of the log instead of failing.
    pub(crate) skip_damage: bool,
}

impl DiskOptions {
    pub(crate) const SEGMENT_SIZE: u64 = 64 * 1024 * 1024;

    pub(crate) fn new(flush: Flush) -> Self {
        Self { flush, segment_size: Self::SEGMENT_SIZE, skip_damage: false }
    }
}

/// Opens the store in `folder`, which is created if it does not exist.
pub(crate) fn open(folder: &Path, options: DiskOptions) -> Result<MemoryStorage, StorageError> {
    fs::create_dir_all(folder).map_err(|error| StorageError::Folder(folder.into(), error))?;
    tracing::debug!(?options, "opened");
    Ok(MemoryStorage::default())
}
