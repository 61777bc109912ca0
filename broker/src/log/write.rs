//! What is written.

use super::Queue;
use crate::storage::{StorageBatch, StorageTable};
use bytes::BytesMut;
use rocketmq_tower::message::Position;
use std::sync::Arc;

/// Changes that are made together or not at all: messages put into queues, and rows of other
/// tables.
#[derive(Debug, Default)]
pub(crate) struct LogWrite {
    pub(super) entries: Vec<LogEntry>,
    pub(super) rows: StorageBatch,
    /// Queues whose messages before an offset are among what is deleted.
    pub(super) trims: Vec<(Arc<Queue>, i64)>,
}

/// A message, encoded but for where and when it is stored, which only the writer knows.
#[derive(Debug)]
pub(crate) struct LogEntry {
    pub(crate) queue: Arc<Queue>,
    pub(crate) record: BytesMut,
    /// By what it can be found, see [`super::index`].
    pub(crate) keys: Vec<u64>,
    pub(crate) visibility: Visibility,
}

/// What is to become of a message that consumers don't see yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Visibility {
    /// It is where it belongs.
    Visible,
    /// It is due at this time, in ms.
    DeliverAt(i64),
    /// Its transaction decides.
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

    /// Also puts this message.
    pub(crate) fn push(&mut self, entry: LogEntry) {
        self.entries.push(entry);
    }

    /// Also deletes a row.
    pub(crate) fn and_delete(mut self, table: StorageTable, key: impl AsRef<[u8]>) -> Self {
        self.rows.delete(table, key);
        self
    }

    /// Also forgets that `queue` has messages before `min`.
    pub(crate) fn and_trim(mut self, queue: Arc<Queue>, min: i64) -> Self {
        self.trims.push((queue, min));
        self
    }

    /// How much of the log's budget it takes: its size, and what it costs to handle.
    pub(super) fn cost(&self) -> usize {
        256 + self.entries.iter().map(|entry| entry.record.len()).sum::<usize>()
    }
}

/// Where and when the first message of a write was stored. Those that follow it into the same queue
/// have the next offsets.
pub(crate) type Written = Option<Position>;
