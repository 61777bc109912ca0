//! Reads entries.

use super::blocks::{BLOCK, damaged, read_block, read_cached_block};
use super::header::{decode, size_of};
use super::queue::{Place, Queue, StoredBlock};
use super::{QueueEntry, QueueIndex, StorageError};
use crate::storage::{MAX_ENTRIES, Reads};
use rocketmq_tower_core::sync::lock;
use std::ops::Range;

impl QueueIndex {
    /// Appends entries of a queue: consecutive ones that begin with `offsets.start`, at most
    /// [`MAX_ENTRIES`]. None if the first one is not there.
    pub(in crate::storage) fn entries(
        &self,
        queue: u32,
        offsets: Range<i64>,
        reads: Reads,
        entries: &mut Vec<QueueEntry>,
    ) -> Result<(), StorageError> {
        let Some(queue) = self.queue(queue) else { return Ok(()) };
        let Range { start: mut offset, end } = offsets;
        let end = end.min(offset.saturating_add(MAX_ENTRIES as i64));
        while offset < end {
            let state = lock(&queue.state);
            match state.place(offset) {
                None => break,
                Some(Place::Memory) => {
                    entries.extend(state.recents(offset, end.min(state.end())));
                    break;
                }
                Some(Place::Block(stored)) => {
                    drop(state);
                    let mut bytes = [0; BLOCK];
                    // A block that was replaced meanwhile is looked up again.
                    if let Some(bytes) = self.read(&queue, stored, reads, &mut bytes)? {
                        let last = (end - stored.first).min(stored.count as i64) as usize;
                        let first = (offset - stored.first) as usize;
                        entries.extend(decode(bytes, first..last));
                        offset = stored.first + last as i64;
                    }
                }
            }
        }
        Ok(())
    }

    /// Reads the bytes of a block. Returns `None` if the block is not the queue's any more.
    pub(super) fn read<'a>(
        &self,
        queue: &Queue,
        stored: StoredBlock,
        reads: Reads,
        bytes: &'a mut [u8; BLOCK],
    ) -> Result<Option<&'a [u8]>, StorageError> {
        let bytes = &mut bytes[..size_of(stored.count)];
        let is_right = match reads {
            Reads::All => read_block(&*self.file, stored.block, bytes)
                .map_err(|error| StorageError::Read(error.into()))?,
            Reads::Cached => read_cached_block(&*self.file, stored.block, bytes)
                .ok_or(StorageError::NotCached)?,
        };
        if is_right {
            return Ok(Some(bytes));
        }
        let now = lock(&queue.state).block_of(stored.first);
        let is_replaced = now.is_none_or(|now| now.block != stored.block);
        if is_replaced { Ok(None) } else { Err(damaged(stored.block.number)) }
    }
}
