//! Storage in a folder.

use super::{MemoryStorage, StorageError};
use std::fs;
use std::path::Path;

/// Opens the store in `folder`, which is created if it does not exist.
pub(crate) fn open(folder: &Path) -> Result<MemoryStorage, StorageError> {
    fs::create_dir_all(folder).map_err(|error| StorageError::Folder(folder.into(), error))?;
    Ok(MemoryStorage::default())
}
