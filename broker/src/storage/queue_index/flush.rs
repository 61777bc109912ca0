//! Writes entries to the disk.

use super::blocks::{BLOCK, Block, Blocks, damaged};
use super::compact::Moved;
use super::header::{ENTRIES, decode};
use super::queue::Queue;
use super::{QueueEntry, QueueIndex, StorageError};
use crate::log::CommitLogOffset;
use crate::storage::Reads;
use rocketmq_tower_core::sync::lock;
use std::sync::Arc;

/// The number of entries that are on the disk and kept in memory, for all queues together.
const MAX_KEPT: usize = 128 * 1024;

/// The state of the flushes. Locked before the state of a queue.
pub(super) struct Flusher {
    pub(super) blocks: Blocks,
    /// The number of the last flush.
    number: u64,
    /// The queues that have entries in memory that are on the disk too.
    kept: Vec<Arc<Queue>>,
}

/// The part of a queue that was written.
struct Written {
    queue: Arc<Queue>,
    blocks: Vec<Block>,
    /// The offset after the last entry that was written.
    stored: i64,
}

impl Flusher {
    pub(super) fn new(blocks: Blocks) -> Self {
        Self { blocks, number: 0, kept: Vec::new() }
    }
}

impl QueueIndex {
    /// Writes and syncs all entries before `upto`, and no later ones. Entries may be pushed meanwhile. If
    /// this fails, the next flush writes them again. `upto` must not be less than before.
    pub(in crate::storage) fn flush(&self, upto: CommitLogOffset) -> Result<(), StorageError> {
        let mut flusher = lock(&self.flusher);
        let queues = std::mem::take(&mut *lock(&self.dirty));
        let mut written = Vec::new();
        let mut moved = Vec::new();
        let result = self.write_all(&mut flusher.blocks, &queues, upto, &mut written, &mut moved);
        match result {
            Ok(()) => {
                self.finish(&mut flusher, queues, written);
                Self::use_copies(&mut flusher.blocks, moved);
                Ok(())
            }
            Err(error) => {
                let written = written.iter().flat_map(|written| &written.blocks);
                let copies = moved.iter().map(|moved| &moved.to);
                let numbers = written.chain(copies).map(|block| block.number);
                numbers.for_each(|number| flusher.blocks.free_at_once(number));
                lock(&self.dirty).extend(queues);
                Err(error)
            }
        }
    }

    /// Frees the blocks that only the checkpoint before needed. To be called when a checkpoint is
    /// complete: its position, and the log's start of the last trim, are on the disk.
    pub(in crate::storage) fn checkpointed(&self) {
        lock(&self.flusher).blocks.free_retired();
    }

    fn write_all(
        &self,
        blocks: &mut Blocks,
        queues: &[Arc<Queue>],
        upto: CommitLogOffset,
        all: &mut Vec<Written>,
        moved: &mut Vec<Moved>,
    ) -> Result<(), StorageError> {
        blocks.clear_headers().map_err(StorageError::disk)?;
        for queue in queues {
            let stored = {
                let state = lock(&queue.state);
                let stored = state.first_recent_from(upto);
                if stored <= state.stored {
                    continue;
                }
                stored
            };
            all.push(Written { queue: queue.clone(), blocks: Vec::new(), stored });
            if let Some(written) = all.last_mut() {
                self.write(blocks, written)?;
            }
        }
        self.copy_blocks(blocks, moved)?;
        if all.is_empty() && moved.is_empty() && blocks.is_clear() {
            return Ok(());
        }
        blocks.sync().map_err(StorageError::disk)
    }

    /// Writes the entries of a queue before `written.stored`.
    fn write(&self, blocks: &mut Blocks, written: &mut Written) -> Result<(), StorageError> {
        let queue = &written.queue;
        let partial = lock(&queue.state).partial_block();
        let mut entries: Vec<QueueEntry> = Vec::with_capacity(ENTRIES);
        let mut first = lock(&queue.state).stored;
        if let Some(stored) = partial {
            first = stored.first;
            let mut bytes = [0; BLOCK];
            let bytes = self.read(queue, stored, Reads::All, &mut bytes)?;
            let bytes = bytes.ok_or_else(|| damaged(stored.block.number))?;
            entries.extend(decode(bytes, 0..stored.count));
        }
        while first < written.stored {
            let start = first + entries.len() as i64;
            let end = written.stored.min(first + ENTRIES as i64);
            entries.extend(lock(&queue.state).recents(start, end));
            let block = blocks.write(queue.number, first, &entries);
            written.blocks.push(block.map_err(StorageError::disk)?);
            first = end;
            entries.clear();
        }
        Ok(())
    }

    /// Notes that entries are on the disk, and forgets most of them in memory.
    fn finish(&self, flusher: &mut Flusher, queues: Vec<Arc<Queue>>, written: Vec<Written>) {
        flusher.number += 1;
        let keep = MAX_KEPT / written.len().max(1);
        let mut kept = Vec::with_capacity(written.len());
        for Written { queue, blocks, stored } in written {
            let mut state = lock(&queue.state);
            if let Some(replaced) = state.append_blocks(blocks, stored) {
                flusher.blocks.retire(replaced.number);
            }
            state.forget_recents(keep);
            state.flushed = flusher.number;
            drop(state);
            kept.push(queue);
        }
        for queue in std::mem::replace(&mut flusher.kept, kept) {
            let mut state = lock(&queue.state);
            if state.flushed != flusher.number {
                state.forget_recents(0);
            }
        }
        for queue in queues {
            let mut state = lock(&queue.state);
            state.is_dirty = state.end() > state.stored;
            if state.is_dirty {
                lock(&self.dirty).push(queue.clone());
            }
        }
    }
}
