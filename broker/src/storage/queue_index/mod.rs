//! The index of queues: the positions of their records in the log.
//!
//! It is derived from the log, and kept in one file of blocks (see [`blocks`]). New entries live in
//! memory, until a checkpoint writes them. A block is written once. If a queue's last block has room,
//! the next checkpoint copies it to another one, and its place is free when that checkpoint is
//! complete. So the blocks of the last complete checkpoint are always there, whatever a crash does to
//! newer ones, which are recognised at the next start as they have entries of after that checkpoint.

mod blocks;
mod compact;
mod flush;
mod header;
mod open;
mod queue;
mod read;
#[cfg(test)]
mod tests;
mod trim;

use super::files::Folder;
use super::{QueueEntry, StorageError};
use crate::log::CommitLogOffset;
use flush::Flusher;
use queue::Queue;
use rocketmq_tower_core::sync::{lock, read, write};
use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, RwLock};

/// The name of the file, which changes with its format.
const FILE: &str = "queues.2";

/// The maximum number of messages of a queue that are missing in the log, as its damage was skipped.
/// Each takes an entry.
const MAX_GAP: i64 = 1 << 22;

/// The entries of all queues.
///
/// Entries are kept in memory until the next [`flush`](Self::flush), 16 bytes each, and a bounded number
/// of them after that. For each block of 340 entries on the disk, 16 bytes are kept in memory.
pub(super) struct QueueIndex {
    queues: RwLock<HashMap<u32, Arc<Queue>>>,
    /// The queues with entries that are not on the disk.
    dirty: Mutex<Vec<Arc<Queue>>>,
    flusher: Mutex<Flusher>,
    file: Arc<dyn super::files::File>,
}

impl QueueIndex {
    /// Opens the index in `folder` as it was at the last checkpoint. `log` begins with the first offset
    /// of the log, before which entries are trimmed, and ends with the position of the checkpoint, from
    /// which on the entries are to be pushed again. Fails with [`StorageError::Index`] if the file is
    /// missing or not complete: then it can be removed, and all entries of the log be pushed again to an
    /// index that is opened with an empty range.
    pub(super) fn open(
        folder: &dyn Folder,
        log: Range<CommitLogOffset>,
    ) -> Result<Self, StorageError> {
        let opened = open::open(folder, &log)?;
        let index = Self {
            queues: opened.queues.into(),
            dirty: Mutex::default(),
            file: opened.blocks.file(),
            flusher: Flusher::new(opened.blocks).into(),
        };
        index.trim_before(log.start)?;
        Ok(index)
    }

    /// Appends an entry to a queue, in memory. An offset that the queue has already is left alone. Offsets
    /// that are left out get entries of size 0. Called by one thread at a time, in the order of records.
    pub(super) fn push(
        &self,
        queue: u32,
        offset: i64,
        entry: QueueEntry,
    ) -> Result<(), StorageError> {
        let queue = self.queue(queue).unwrap_or_else(|| self.create(queue, offset));
        let mut state = lock(&queue.state);
        if offset - state.end() > MAX_GAP {
            let offset = entry.at.as_u64();
            return Err(StorageError::Index { file: FILE.into(), offset });
        }
        state.push(offset, entry);
        if !state.is_dirty {
            state.is_dirty = true;
            lock(&self.dirty).push(queue.clone());
        }
        Ok(())
    }

    /// Returns the offset of a queue's first entry, and the one after its last.
    pub(super) fn bounds(&self, queue: u32) -> Range<i64> {
        self.queue(queue).map_or(0..0, |queue| {
            let state = lock(&queue.state);
            state.first..state.end()
        })
    }

    /// Creates a queue without entries that ends at this offset, unless it has some.
    pub(super) fn ensure(&self, number: u32, end: i64) {
        if self.queue(number).is_none() {
            self.create(number, end);
        }
    }

    /// Returns a number above those of all queues.
    pub(super) fn next_number(&self) -> u32 {
        read(&self.queues).keys().max().map_or(0, |last| last.saturating_add(1))
    }

    fn queue(&self, number: u32) -> Option<Arc<Queue>> {
        read(&self.queues).get(&number).cloned()
    }

    fn create(&self, number: u32, first: i64) -> Arc<Queue> {
        let queue = Arc::new(Queue::new(number, first));
        write(&self.queues).insert(number, queue.clone());
        queue
    }
}
