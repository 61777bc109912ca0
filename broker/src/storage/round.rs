//! Rounds of new records.

use super::StorageBatch;
use crate::log::CommitLogOffset;
use bytes::BytesMut;

/// The number of bits of a record's size, in bytes.
pub(super) const SIZE_BITS: u32 = 26;

/// The number of bits of a tag's hash.
pub(crate) const TAG_BITS: u32 = 24;

/// Records and changes of rows that are stored together or not at all.
#[derive(Debug, Default)]
pub(crate) struct Round {
    pub(crate) records: Vec<NewRecord>,
    pub(crate) rows: StorageBatch,
}

/// A record to store.
#[derive(Debug)]
pub(crate) struct NewRecord {
    /// The number of its queue.
    pub(crate) queue: u32,
    pub(crate) queue_offset: i64,
    /// The encoded message. Its position is written into it when the round was placed.
    pub(crate) record: BytesMut,
    /// The time of storing, in ms since 1970.
    pub(crate) stored_at: i64,
    /// The hash of its tag, see [`crate::log::index::tag_hash`]; 0 for none.
    pub(crate) tag: u32,
    pub(crate) keys: KeyHashes,
    /// Set by [`Storage::place`](super::Storage::place).
    pub(crate) at: CommitLogOffset,
}

/// The hashes of a record's keys. Most records have at most one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct KeyHashes {
    first: Option<u64>,
    more: Vec<u64>,
}

impl KeyHashes {
    pub(crate) fn iter(&self) -> impl Iterator<Item = u64> + '_ {
        self.first.into_iter().chain(self.more.iter().copied())
    }
}

impl FromIterator<u64> for KeyHashes {
    fn from_iter<I: IntoIterator<Item = u64>>(hashes: I) -> Self {
        let mut hashes = hashes.into_iter();
        Self { first: hashes.next(), more: hashes.collect() }
    }
}

/// A message in the index of its queue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct QueueEntry {
    pub(crate) at: CommitLogOffset,
    /// The size of the record, in bytes.
    pub(crate) size: u32,
    /// The hash of its tag; 0 for none.
    pub(crate) tag: u32,
}

impl QueueEntry {
    /// Returns the offset after the record.
    pub(super) fn end(&self) -> u64 {
        self.at.as_u64() + u64::from(self.size)
    }
}
