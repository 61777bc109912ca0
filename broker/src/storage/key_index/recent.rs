//! Entries in memory.

use super::page::{Entry, distance_of, entry, hash_of};
use std::sync::Arc;

/// The number of entries of a chunk.
const CHUNK: usize = 4096;

/// Entries in the order of their records. A clone is cheap: chunks are shared, except for the last one.
#[derive(Clone, Default)]
pub(super) struct Recent {
    full: Vec<Arc<Chunk>>,
    last: Chunk,
}

/// Entries of records within 4 GiB of the log.
#[derive(Clone, Default)]
pub(super) struct Chunk {
    /// The offset in the log that the entries' distances are from.
    pub(super) base: u64,
    pub(super) entries: Vec<Entry>,
}

impl Chunk {
    /// Adds an entry. Returns false if its record is too far away.
    fn push(&mut self, hash: u32, at: u64) -> bool {
        if self.entries.is_empty() {
            self.base = at;
        }
        let distance = u32::try_from(at - self.base);
        self.entries.extend(distance.map(|distance| entry(hash, distance)));
        distance.is_ok()
    }

    fn at(&self, entry: Entry) -> u64 {
        self.base + distance_of(entry)
    }

    fn is_before(&self, end: u64) -> bool {
        self.entries.last().is_none_or(|entry| self.at(*entry) < end)
    }

    fn forget(&mut self, end: u64) {
        let base = self.base;
        self.entries.retain(|entry| base + distance_of(*entry) >= end);
    }
}

impl Recent {
    pub(super) fn push(&mut self, hash: u32, at: u64) {
        if self.last.entries.len() == CHUNK || !self.last.push(hash, at) {
            self.full.push(Arc::new(std::mem::take(&mut self.last)));
            self.last.push(hash, at);
        }
    }

    /// Appends the offsets of records with this hash to `found`, newest first, until it has `max`.
    pub(super) fn find(&self, hash: u32, max: usize, found: &mut Vec<u64>) {
        let full = self.full.iter().rev().map(|chunk| &**chunk);
        for chunk in [&self.last].into_iter().chain(full) {
            let entries = chunk.entries.iter().rev().filter(|entry| hash_of(**entry) == hash);
            let room = max.saturating_sub(found.len());
            found.extend(entries.take(room).map(|entry| chunk.at(*entry)));
        }
    }

    /// Returns the entries of records before `end`, sorted, in as few groups as their distances allow.
    pub(super) fn before(&self, end: u64) -> Vec<Chunk> {
        let mut groups: Vec<Chunk> = Vec::new();
        for chunk in self.full.iter().map(|chunk| &**chunk).chain([&self.last]) {
            for entry in &chunk.entries {
                let at = chunk.at(*entry);
                if at >= end {
                    break;
                }
                let is_added =
                    groups.last_mut().is_some_and(|group| group.push(hash_of(*entry), at));
                if !is_added {
                    let mut group = Chunk::default();
                    group.push(hash_of(*entry), at);
                    groups.push(group);
                }
            }
        }
        groups.iter_mut().for_each(|group| group.entries.sort_unstable());
        groups
    }

    /// Forgets the entries of records before `end`.
    pub(super) fn forget(&mut self, end: u64) {
        let whole = self.full.iter().take_while(|chunk| chunk.is_before(end)).count();
        self.full.drain(..whole);
        if let Some(first) = self.full.first_mut() {
            Arc::make_mut(first).forget(end);
        } else {
            self.last.forget(end);
        }
    }
}
