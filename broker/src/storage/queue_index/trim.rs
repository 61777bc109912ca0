//! Forgets the entries of deleted records.

use super::blocks::{BLOCK, Blocks, damaged};
use super::header::decode;
use super::queue::Queue;
use super::{QueueIndex, StorageError};
use crate::log::CommitLogOffset;
use crate::storage::Reads;
use rocketmq_tower_core::sync::{lock, read};
use std::sync::Arc;

impl QueueIndex {
    /// Forgets all entries before `start`, the log's first offset. Returns the queues whose first offset
    /// has moved, with that offset. Reads at most one block of each of them.
    pub(in crate::storage) fn trim_before(
        &self,
        start: CommitLogOffset,
    ) -> Result<Vec<(u32, i64)>, StorageError> {
        // No flush changes blocks meanwhile.
        let mut flusher = lock(&self.flusher);
        let queues: Vec<Arc<Queue>> = read(&self.queues).values().cloned().collect();
        let mut moved = Vec::new();
        for queue in queues {
            if let Some(first) = self.trim(&queue, start, &mut flusher.blocks)? {
                moved.push((queue.number, first));
            }
        }
        Ok(moved)
    }

    /// Returns the queue's first offset if it moves.
    fn trim(
        &self,
        queue: &Queue,
        start: CommitLogOffset,
        blocks: &mut Blocks,
    ) -> Result<Option<i64>, StorageError> {
        let state = lock(&queue.state);
        if state.first_at >= start.as_u64() {
            return Ok(None);
        }
        let block = state.block_before(start.as_u64());
        drop(state);
        let mut first = None;
        if let Some(stored) = block {
            let mut bytes = [0; BLOCK];
            let entries = self.read(queue, stored, Reads::All, &mut bytes)?;
            let entries = entries.ok_or_else(|| damaged(stored.block.number))?;
            let kept =
                decode(entries, 0..stored.count).enumerate().find(|(_, entry)| entry.at >= start);
            let count = kept.map_or(stored.count, |(index, _)| index);
            let at = kept.map(|(_, entry)| entry.at.as_u64());
            first = Some((stored.first + count as i64, at));
        }
        let mut state = lock(&queue.state);
        let (first, at) = first.unwrap_or_else(|| (state.first_recent_from(start), None));
        for block in state.trim(first, at) {
            blocks.retire(block.number);
        }
        Ok(Some(first))
    }
}
