//! The log in memory, and what is found in it.

use crate::log::CommitLogOffset;
use crate::storage::{KeyHashes, NewRecord, QueueEntry};
use bytes::Bytes;
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::ops::Range;

/// Records, by their offsets in the log, by queue, and by key.
#[derive(Debug, Default)]
pub(super) struct Records {
    /// In order of their offsets.
    log: VecDeque<MemoryRecord>,
    queues: HashMap<u32, MemoryQueue>,
    keys: BTreeSet<(u64, CommitLogOffset)>,
    /// The offset of the next record.
    end: u64,
}

#[derive(Debug)]
struct MemoryRecord {
    at: CommitLogOffset,
    record: Bytes,
    queue: u32,
    stored_at: i64,
    keys: KeyHashes,
}

/// The entries of a queue, and the offset of the first one.
#[derive(Debug, Default)]
struct MemoryQueue {
    first: i64,
    entries: VecDeque<QueueEntry>,
}

impl MemoryQueue {
    fn bounds(&self) -> Range<i64> {
        self.first..self.first + self.entries.len() as i64
    }

    fn push(&mut self, offset: i64, entry: QueueEntry) {
        if self.entries.is_empty() {
            self.first = offset;
        }
        self.entries.push_back(entry);
    }
}

impl Records {
    /// Returns a number above those of all queues.
    pub(super) fn next_queue(&self) -> u32 {
        self.queues.keys().max().map_or(0, |last| last.saturating_add(1))
    }

    pub(super) fn log_bounds(&self) -> Range<u64> {
        self.log.front().map_or(self.end, |first| first.at.as_u64())..self.end
    }

    pub(super) fn first_time(&self) -> Option<i64> {
        self.log.front().map(|first| first.stored_at)
    }

    pub(super) fn end(&self) -> u64 {
        self.end
    }

    /// Adds a record at the end, where it was placed.
    pub(super) fn push(&mut self, new: NewRecord) {
        let NewRecord { queue, queue_offset, record, stored_at, tag, keys, at } = new;
        self.end += record.len() as u64;
        self.keys.extend(keys.iter().map(|hash| (hash, at)));
        let entry = QueueEntry { at, size: record.len() as u32, tag };
        self.queues.entry(queue).or_default().push(queue_offset, entry);
        self.log.push_back(MemoryRecord { at, record: record.freeze(), queue, stored_at, keys });
    }

    pub(super) fn get(&self, at: CommitLogOffset) -> Option<&Bytes> {
        let index = self.log.binary_search_by_key(&at, |record| record.at).ok()?;
        self.log.get(index).map(|record| &record.record)
    }

    pub(super) fn entries(
        &self,
        queue: u32,
        offsets: Range<i64>,
    ) -> impl Iterator<Item = QueueEntry> + '_ {
        let queue = self.queues.get(&queue).filter(|queue| queue.bounds().contains(&offsets.start));
        queue.into_iter().flat_map(move |queue| {
            let end = offsets.end.clamp(offsets.start, queue.bounds().end) - queue.first;
            let range = (offsets.start - queue.first) as usize..end as usize;
            queue.entries.range(range).copied()
        })
    }

    pub(super) fn bounds(&self, queue: u32) -> Range<i64> {
        self.queues.get(&queue).map_or(0..0, MemoryQueue::bounds)
    }

    pub(super) fn find(&self, hash: u64) -> impl Iterator<Item = CommitLogOffset> + '_ {
        let all = (hash, CommitLogOffset::MIN)..=(hash, CommitLogOffset::MAX);
        self.keys.range(all).rev().map(|&(_, at)| at)
    }

    /// Deletes the records before `needed` that were stored before `oldest`, up to the first one that
    /// was not.
    pub(super) fn trim(&mut self, oldest: i64, needed: Option<CommitLogOffset>) -> Vec<(u32, i64)> {
        let mut moved = BTreeMap::new();
        let is_old = |record: &MemoryRecord| {
            record.stored_at < oldest && needed.is_none_or(|needed| record.at < needed)
        };
        while self.log.front().is_some_and(is_old) {
            let Some(record) = self.log.pop_front() else { break };
            for hash in record.keys.iter() {
                self.keys.remove(&(hash, record.at));
            }
            if let Some(queue) = self.queues.get_mut(&record.queue) {
                queue.entries.pop_front();
                queue.first += 1;
                moved.insert(record.queue, queue.first);
            }
        }
        moved.into_iter().collect()
    }
}
