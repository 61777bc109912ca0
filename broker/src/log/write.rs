//! Writes to the log.

use super::Queue;
use crate::storage::{StorageBatch, StorageTable};
use bytes::BytesMut;
use rocketmq_tower::message::Position;
use std::sync::Arc;

/// Changes that are made together or not at all: new messages, and rows of other tables.
#[derive(Debug, Default)]
pub(crate) struct LogWrite {
    pub(super) entries: Vec<LogEntry>,
    pub(super) rows: StorageBatch,
    /// Queues whose messages before an offset are deleted by this write.
    pub(super) trims: Vec<(Arc<Queue>, i64)>,
}

/// A new message. It is encoded, but its offset and its time of storing are filled in by the
/// writer.
#[derive(Debug)]
pub(crate) struct LogEntry {
    pub(crate) queue: Arc<Queue>,
    pub(crate) record: BytesMut,
    /// The hashes of its keys, see [`super::index`].
    pub(crate) keys: Vec<u64>,
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

    /// Adds the deletion of a row.
    pub(crate) fn and_delete(mut self, table: StorageTable, key: impl AsRef<[u8]>) -> Self {
        self.rows.delete(table, key);
        self
    }

    /// Adds the end of `queue`'s messages before `min`, which are among the deleted rows.
    pub(crate) fn and_trim(mut self, queue: Arc<Queue>, min: i64) -> Self {
        self.trims.push((queue, min));
        self
    }

    /// Returns its part of the log's budget, in bytes: its size, and an allowance for handling it.
    pub(super) fn cost(&self) -> usize {
        256 + self.entries.iter().map(|entry| entry.record.len()).sum::<usize>()
    }
}

/// The position of the first message of a write. The other messages of the same queue have the next
/// offsets. `None` if the write has no message.
pub(crate) type Written = Option<Position>;
