//! Batches of changes.

use super::{StorageError, StorageTable};
use bytes::Bytes;

/// The maximum length of a key, in bytes. Tables on the disk panic at longer keys, and at empty ones.
pub(crate) const MAX_KEY: usize = u16::MAX as usize - 1;

/// Changes that are made together or not at all. The last change of a key counts.
#[derive(Debug, Default)]
pub(crate) struct StorageBatch(Vec<Change>);

/// A table, a key, and its new value; `None` deletes the key.
pub(super) type Change = (StorageTable, Bytes, Option<Bytes>);

impl StorageBatch {
    /// Sets the value of `key`.
    pub(crate) fn put(
        &mut self,
        table: StorageTable,
        key: impl AsRef<[u8]>,
        value: impl Into<Bytes>,
    ) {
        self.0.push((table, Bytes::copy_from_slice(key.as_ref()), Some(value.into())));
    }

    /// Deletes `key`, if it exists.
    pub(crate) fn delete(&mut self, table: StorageTable, key: impl AsRef<[u8]>) {
        self.0.push((table, Bytes::copy_from_slice(key.as_ref()), None));
    }

    /// Adds the changes of `other` after these.
    pub(crate) fn append(&mut self, mut other: Self) {
        self.0.append(&mut other.0);
    }

    /// Fails if a key has a length that cannot be stored.
    pub(crate) fn check(&self) -> Result<(), StorageError> {
        let lengths = self.0.iter().map(|(_, key, _)| key.len());
        match lengths.into_iter().find(|length| !(1..=MAX_KEY).contains(length)) {
            Some(length) => Err(StorageError::Key(length)),
            None => Ok(()),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the number of changes.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn changes(&self) -> &[Change] {
        &self.0
    }

    pub(super) fn into_changes(self) -> Vec<Change> {
        self.0
    }
}
