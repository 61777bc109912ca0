//! Changes of tables.

use super::{StorageError, StorageTable};
use bytes::Bytes;

/// How many bytes a key has at most. The tables on the disk panic at longer ones, and at empty ones.
pub(crate) const MAX_KEY: usize = u16::MAX as usize;

/// Changes that are made together or not at all. Of several changes of one key the last one counts.
#[derive(Debug, Default)]
pub(crate) struct StorageBatch(Vec<Change>);

/// A table, a key, and its new value, if it is to have one.
pub(super) type Change = (StorageTable, Bytes, Option<Bytes>);

impl StorageBatch {
    /// Writes `value` under `key`, over what was there.
    pub(crate) fn put(
        &mut self,
        table: StorageTable,
        key: impl AsRef<[u8]>,
        value: impl Into<Bytes>,
    ) {
        self.0.push((table, Bytes::copy_from_slice(key.as_ref()), Some(value.into())));
    }

    /// Removes `key`, if it is there.
    pub(crate) fn delete(&mut self, table: StorageTable, key: impl AsRef<[u8]>) {
        self.0.push((table, Bytes::copy_from_slice(key.as_ref()), None));
    }

    /// Makes the changes of `other` after these.
    pub(crate) fn append(&mut self, mut other: Self) {
        self.0.append(&mut other.0);
    }

    /// Whether all keys are such that they can be kept.
    pub(crate) fn check(&self) -> Result<(), StorageError> {
        let lengths = self.0.iter().map(|(_, key, _)| key.len());
        match lengths.into_iter().find(|length| !(1..=MAX_KEY).contains(length)) {
            Some(length) => Err(StorageError::Key(length)),
            None => Ok(()),
        }
    }

    pub(super) fn into_changes(self) -> Vec<Change> {
        self.0
    }
}
