//! Writes to the log.

use super::Queue;
use crate::storage::{KeyHashes, StorageBatch, StorageTable};
use bytes::BytesMut;
use rocketmq_tower::message::Position;
use std::sync::Arc;

/// Changes that are made together or not at all: new messages, and rows of other tables.
#[derive(Debug, Default)]
pub(crate) struct LogWrite {
    pub(super) entries: Vec<LogEntry>,
    pub(super) rows: StorageBatch,
}

/// A new message. It is encoded, but its offset and its time of storing are filled in by the
/// writer.
#[derive(Debug)]
pub(crate) struct LogEntry {
    pub(crate) queue: Arc<Queue>,
    pub(crate) record: BytesMut,
    /// The hashes of its keys and of its tag, see [`super::index`].
    pub(crate) keys: KeyHashes,
    pub(crate) tag: u32,
    pub(crate) visibility: Visibility,
}

/// The time from which consumers see a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Visibility {
    /// At once.
    Visible,
    /// At this time, in ms since 1970.
    DeliverAt(i64),
    /// When its transaction is committed.
    AfterCommit,
}

impl LogWrite {
    pub(crate) fn message(entry: LogEntry) -> Self {
        Self { entries: vec![entry], ..Self::default() }
    }

    pub(crate) fn messages(entries: Vec<LogEntry>) -> Self {
        Self { entries, ..Self::default() }
    }

    pub(crate) fn rows(rows: StorageBatch) -> Self {
        Self { rows, ..Self::default() }
    }

    /// Adds a message.
    pub(crate) fn push(&mut self, entry: LogEntry) {
        self.entries.push(entry);
    }

    /// Adds the messages and rows of `other` after these.
    pub(crate) fn append(mut self, mut other: Self) -> Self {
        self.entries.append(&mut other.entries);
        self.rows.append(other.rows);
        self
    }

    /// Adds a row.
    pub(crate) fn and_put(
        mut self,
        table: StorageTable,
        key: impl AsRef<[u8]>,
        value: Vec<u8>,
    ) -> Self {
        self.rows.put(table, key, value);
        self
    }

    /// Adds the deletion of a row.
    pub(crate) fn and_delete(mut self, table: StorageTable, key: impl AsRef<[u8]>) -> Self {
        self.rows.delete(table, key);
        self
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.rows.is_empty()
    }

    /// Returns its size in bytes, with an allowance for handling it.
    pub(super) fn size(&self) -> usize {
        256 + self.entries.iter().map(|entry| entry.record.len()).sum::<usize>()
    }
}

/// The positions of a write's messages. `None` if it has none.
pub(crate) type Written = Option<WrittenMessages>;

/// The positions of a write's messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct WrittenMessages {
    pub(crate) first: Position,
    /// The commit-log offsets of the messages after the first one.
    pub(crate) more: Vec<i64>,
}

impl WrittenMessages {
    /// Returns the commit-log offsets of all messages.
    pub(crate) fn offsets(&self) -> impl Iterator<Item = i64> + '_ {
        [self.first.commit_log_offset].into_iter().chain(self.more.iter().copied())
    }
}
