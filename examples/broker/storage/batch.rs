//! Changes of tables.

use super::Table;
use bytes::Bytes;

/// Changes that are made together or not at all. Of several changes of one key the last one counts.
#[derive(Debug, Default)]
pub(crate) struct Batch(Vec<Change>);

/// A table, a key, and its new value, if it is to have one.
pub(super) type Change = (Table, Bytes, Option<Bytes>);

impl Batch {
    /// Writes `value` under `key`, over what was there.
    pub(crate) fn put(&mut self, table: Table, key: impl AsRef<[u8]>, value: impl Into<Bytes>) {
        self.0.push((table, Bytes::copy_from_slice(key.as_ref()), Some(value.into())));
    }

    /// Removes `key`, if it is there.
    pub(crate) fn delete(&mut self, table: Table, key: impl AsRef<[u8]>) {
        self.0.push((table, Bytes::copy_from_slice(key.as_ref()), None));
    }

    /// Makes the changes of `other` after these.
    pub(crate) fn append(&mut self, mut other: Self) {
        self.0.append(&mut other.0);
    }

    pub(super) fn into_changes(self) -> Vec<Change> {
        self.0
    }
}
