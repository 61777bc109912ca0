//! The entries of one queue.

use super::blocks::Block;
use super::header::ENTRIES;
use crate::log::CommitLogOffset;
use crate::storage::QueueEntry;
use std::collections::VecDeque;
use std::sync::Mutex;

const BLOCK_ENTRIES: i64 = ENTRIES as i64;

/// A queue's entries, on the disk and in memory.
pub(super) struct Queue {
    pub(super) number: u32,
    pub(super) state: Mutex<QueueState>,
}

pub(super) struct QueueState {
    /// The offset of the first entry that is not trimmed.
    pub(super) first: i64,
    /// The log's offset of that entry; `u64::MAX` if all entries are trimmed.
    pub(super) first_at: u64,
    /// The offset of the first entry of the first block.
    base: i64,
    /// All blocks, which are full except for the last one. That one is never freed, as it says where the
    /// queue ends.
    blocks: VecDeque<Block>,
    /// The offset after the last entry on the disk.
    pub(super) stored: i64,
    /// The offset of the first entry in memory, at most `stored`.
    pub(super) recent_start: i64,
    /// The newest entries.
    recent: VecDeque<QueueEntry>,
    /// The queue is in the list of those to flush.
    pub(super) is_dirty: bool,
    /// The number of the last flush that wrote this queue.
    pub(super) flushed: u64,
}

/// The place of an entry.
pub(super) enum Place {
    Memory,
    Block(StoredBlock),
}

/// A block, and the entries that it holds.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct StoredBlock {
    pub(super) block: Block,
    pub(super) first: i64,
    pub(super) count: usize,
}

impl Queue {
    pub(super) fn new(number: u32, first: i64) -> Self {
        Self::with_blocks(number, first, VecDeque::new(), first)
    }

    /// Creates a queue with these blocks, of which the first begins with the offset `base`, and the last
    /// one ends before `stored`.
    pub(super) fn with_blocks(
        number: u32,
        base: i64,
        blocks: VecDeque<Block>,
        stored: i64,
    ) -> Self {
        let state = QueueState {
            first: base,
            first_at: blocks.front().map_or(u64::MAX, |block| block.first_at),
            base,
            blocks,
            stored,
            recent_start: stored,
            recent: VecDeque::new(),
            is_dirty: false,
            flushed: 0,
        };
        Self { number, state: state.into() }
    }
}

impl QueueState {
    /// Returns the offset after the last entry.
    pub(super) fn end(&self) -> i64 {
        self.recent_start + self.recent.len() as i64
    }

    pub(super) fn push(&mut self, offset: i64, entry: QueueEntry) {
        for _ in self.end()..offset {
            self.recent.push_back(QueueEntry { at: entry.at, size: 0, tag: 0 });
        }
        if self.end() == offset {
            self.recent.push_back(entry);
            self.first_at = self.first_at.min(entry.at.as_u64());
        }
    }

    /// Returns where the entry of this offset is.
    pub(super) fn place(&self, offset: i64) -> Option<Place> {
        if offset < self.first || offset >= self.end() {
            None
        } else if offset >= self.recent_start {
            Some(Place::Memory)
        } else {
            self.block_of(offset).map(Place::Block)
        }
    }

    /// Returns the block that has this offset, trimmed or not.
    pub(super) fn block_of(&self, offset: i64) -> Option<StoredBlock> {
        self.stored_block(usize::try_from((offset - self.base) / BLOCK_ENTRIES).ok()?)
    }

    fn stored_block(&self, index: usize) -> Option<StoredBlock> {
        let block = *self.blocks.get(index)?;
        let first = self.base + index as i64 * BLOCK_ENTRIES;
        let count = (self.stored - first).min(BLOCK_ENTRIES) as usize;
        Some(StoredBlock { block, first, count })
    }

    /// Returns the blocks with this number and higher ones.
    pub(super) fn blocks_from(&self, number: u32) -> Vec<StoredBlock> {
        let late = self.blocks.iter().enumerate().filter(|(_, block)| block.number >= number);
        late.filter_map(|(index, _)| self.stored_block(index)).collect()
    }

    /// Replaces the block whose first entry has this offset by a copy. Returns false if it is another one by
    /// now.
    pub(super) fn replace_block(&mut self, first: i64, from: Block, to: Block) -> bool {
        let Ok(index) = usize::try_from((first - self.base) / BLOCK_ENTRIES) else { return false };
        match self.blocks.get_mut(index) {
            Some(block) if *block == from => {
                *block = to;
                true
            }
            _ => false,
        }
    }

    /// Returns the entry of an offset if it is in memory.
    pub(super) fn recent(&self, offset: i64) -> Option<QueueEntry> {
        let index = usize::try_from(offset - self.recent_start).ok()?;
        if offset < self.first { None } else { self.recent.get(index).copied() }
    }

    /// Returns the entries in memory of these offsets, which must be there.
    pub(super) fn recents(&self, from: i64, to: i64) -> impl Iterator<Item = QueueEntry> + '_ {
        let index = |offset: i64| (offset - self.recent_start) as usize;
        self.recent.range(index(from)..index(to)).copied()
    }

    /// Returns the offset of the first entry in memory that is not before `at` in the log.
    pub(super) fn first_recent_from(&self, at: CommitLogOffset) -> i64 {
        self.recent_start + self.recent.partition_point(|entry| entry.at < at) as i64
    }

    /// Returns the last block if it has room.
    pub(super) fn partial_block(&self) -> Option<StoredBlock> {
        let last = self.stored_block(self.blocks.len().checked_sub(1)?)?;
        (last.count < ENTRIES).then_some(last)
    }

    /// Replaces the last block if it has room, and appends blocks, of which the last one ends before
    /// `stored`. Returns the one that was replaced.
    pub(super) fn append_blocks(&mut self, blocks: Vec<Block>, stored: i64) -> Option<Block> {
        let replaced = self.partial_block().and_then(|_| self.blocks.pop_back());
        self.blocks.extend(blocks);
        self.stored = stored;
        replaced
    }

    /// Forgets the entries in memory that are on the disk too, except for this number of the last ones.
    /// Returns how many of them are left.
    pub(super) fn forget_recents(&mut self, keep: usize) -> usize {
        let on_disk = (self.stored - self.recent_start) as usize;
        let forgotten = on_disk.saturating_sub(keep);
        self.recent.drain(..forgotten);
        self.recent_start += forgotten as i64;
        if self.recent.capacity() > ENTRIES && self.recent.capacity() / 4 > self.recent.len() {
            self.recent.shrink_to(self.recent.len() * 2);
        }
        on_disk - forgotten
    }

    /// Returns the block that has the last entry before `at` in the log, if that entry is not in memory.
    pub(super) fn block_before(&self, at: u64) -> Option<StoredBlock> {
        if self.recent.front().is_some_and(|entry| entry.at.as_u64() < at) {
            return None;
        }
        let after = self.blocks.partition_point(|block| block.first_at < at);
        self.stored_block(after.checked_sub(1)?)
    }

    /// Sets the first offset. Returns the blocks that are not needed any more.
    pub(super) fn trim(&mut self, first: i64, first_at: Option<u64>) -> Vec<Block> {
        self.first = first;
        self.first_at = first_at.unwrap_or_else(|| self.at(first));
        let full = ((first - self.base) / BLOCK_ENTRIES).max(0) as usize;
        let freed = full.min(self.blocks.len().saturating_sub(1));
        self.base += freed as i64 * BLOCK_ENTRIES;
        self.blocks.drain(..freed).collect()
    }

    /// Returns the log's offset of an entry in memory, or of the first one of a block.
    fn at(&self, offset: i64) -> u64 {
        let recent = self.recent(offset).map(|entry| entry.at.as_u64());
        let of_block = || {
            self.block_of(offset)
                .filter(|_| offset < self.stored)
                .map(|stored| stored.block.first_at)
        };
        recent.or_else(of_block).unwrap_or(u64::MAX)
    }
}
