//! A log that the index is compared with.

use super::super::QueueIndex;
use super::{all, at};
use crate::storage::QueueEntry;
use std::collections::BTreeMap;

/// All records of a log, of 1 byte each.
#[derive(Clone, Debug, Default)]
pub(super) struct Log {
    /// The queue, the offset in it, and the index's entry of each record.
    records: Vec<(u32, i64, QueueEntry)>,
    /// Records before this one are deleted.
    pub(super) start: u64,
    /// The offset after the last record.
    pub(super) end: u64,
    /// Counts all records, also those that were cut, so that their entries differ.
    count: u32,
}

impl Log {
    /// Appends records of a queue to the log and to the index.
    pub(super) fn push(&mut self, index: &QueueIndex, queue: u32, count: usize) {
        let first = self.bounds(queue).1;
        for offset in first..first + count as i64 {
            self.count += 1;
            let entry = QueueEntry { at: at(self.end), size: 1, tag: self.count };
            self.records.push((queue, offset, entry));
            index.push(queue, offset, entry).unwrap();
            self.end += 1;
        }
    }

    /// Cuts the log and pushes the records from `checkpoint` on again.
    pub(super) fn replay(&mut self, index: &QueueIndex, checkpoint: u64, end: u64) {
        self.records.truncate(end as usize);
        self.end = end;
        for (queue, offset, entry) in &self.records[checkpoint as usize..] {
            index.push(*queue, *offset, *entry).unwrap();
        }
    }

    /// Deletes all records before `start`, from the log and from the index.
    pub(super) fn trim(&mut self, index: &QueueIndex, start: u64) -> Vec<(u32, i64)> {
        self.start = start;
        index.trim_before(at(start)).unwrap()
    }

    /// Returns the first offset of a queue, and the one after its last.
    fn bounds(&self, queue: u32) -> (i64, i64) {
        let records = || self.records.iter().filter(|record| record.0 == queue);
        let end = records().next_back().map_or(0, |record| record.1 + 1);
        let mut kept = records().filter(|record| record.2.at >= at(self.start));
        (kept.next().map_or(end, |record| record.1), end)
    }

    /// Compares all queues.
    pub(super) fn check(&self, index: &QueueIndex) {
        let mut queues: BTreeMap<u32, Vec<QueueEntry>> = BTreeMap::new();
        for (queue, _, entry) in &self.records {
            let entries = queues.entry(*queue).or_default();
            entries.extend(Some(*entry).filter(|entry| entry.at >= at(self.start)));
        }
        for (queue, entries) in queues {
            let (first, end) = self.bounds(queue);
            assert_eq!(index.bounds(queue), first..end, "queue {queue}");
            assert!(all(index, queue) == entries, "queue {queue}");
        }
    }
}
