//! Moves blocks to free places, so that the file gets shorter after most records were deleted.

use super::blocks::{BLOCK, Block, Blocks};
use super::header::decode;
use super::queue::Queue;
use super::{QueueEntry, QueueIndex, StorageError};
use crate::storage::Reads;
use rocketmq_tower_core::sync::{lock, read};
use std::sync::Arc;

/// The maximum number of blocks that a flush moves.
const MAX_MOVED: usize = 1024;

/// A copy of a block.
pub(super) struct Moved {
    queue: Arc<Queue>,
    /// The queue offset of its first entry.
    first: i64,
    from: Block,
    pub(super) to: Block,
}

impl QueueIndex {
    /// Returns whether a flush would write entries or free blocks.
    pub(in crate::storage) fn has_work(&self) -> bool {
        let is_dirty = !lock(&self.dirty).is_empty();
        is_dirty || lock(&self.flusher).blocks.has_work()
    }

    /// Copies blocks from the end of the file to its start, if many blocks are free.
    pub(super) fn copy_blocks(
        &self,
        blocks: &mut Blocks,
        moved: &mut Vec<Moved>,
    ) -> Result<(), StorageError> {
        let Some(limit) = blocks.move_from() else { return Ok(()) };
        let queues: Vec<Arc<Queue>> = read(&self.queues).values().cloned().collect();
        for queue in queues {
            let late = lock(&queue.state).blocks_from(limit);
            for stored in late {
                if moved.len() == MAX_MOVED {
                    return Ok(());
                }
                let mut bytes = [0; BLOCK];
                // A damaged one stays where it is, until it is read.
                let Ok(Some(bytes)) = self.read(&queue, stored, Reads::All, &mut bytes) else {
                    continue;
                };
                let entries: Vec<QueueEntry> = decode(bytes, 0..stored.count).collect();
                let place = (queue.number, stored.first);
                let copy = blocks.write_copy(place, &entries, limit);
                let Some(to) = copy.map_err(StorageError::disk)? else { return Ok(()) };
                let (from, first) = (stored.block, stored.first);
                moved.push(Moved { queue: Arc::clone(&queue), first, from, to });
            }
        }
        Ok(())
    }

    /// Lets queues use the copies of their blocks, which are on the disk.
    pub(super) fn use_copies(blocks: &mut Blocks, moved: Vec<Moved>) {
        for Moved { queue, first, from, to } in moved {
            if lock(&queue.state).replace_block(first, from, to) {
                blocks.retire(from.number);
            } else {
                // The flush that made the copy has also written more entries.
                blocks.free_at_once(to.number);
            }
        }
    }
}
