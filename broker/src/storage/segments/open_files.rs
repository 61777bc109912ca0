//! The open files of segments: few of them, however many segments there are.

use super::segment::name;
use crate::storage::files::{File, Folder};
use rocketmq_tower_core::sync::lock;
use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex};

/// The maximum number of files that are open to be read.
const MAX_READ: usize = 48;

/// The number of files that are written and not synced at which they have to be.
pub(super) const MAX_WRITTEN: usize = 16;

/// The open files. Those that are being read are open a moment longer than they are here.
pub(super) struct OpenFiles {
    folder: Arc<dyn Folder>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The last segment, and those before it that are not synced, in order: a file that was closed
    /// might not report an error of its writes.
    written: VecDeque<(u64, Arc<dyn File>)>,
    /// Those that were read last, the latest one first.
    read: VecDeque<(u64, Arc<dyn File>)>,
    /// The offset of the first segment that is not deleted.
    start: u64,
}

impl OpenFiles {
    pub(super) fn new(folder: Arc<dyn Folder>) -> Self {
        Self { folder, state: Mutex::default() }
    }

    /// Adds the file of a new last segment, which stays open until it is synced and not the last one.
    pub(super) fn begin(&self, base: u64, file: Arc<dyn File>) {
        let mut state = lock(&self.state);
        state.read.retain(|(other, _)| *other != base);
        state.written.push_back((base, file));
    }

    /// Makes this segment the last one: those after it were removed.
    pub(super) fn cut_after(&self, base: u64, file: Arc<dyn File>) {
        let mut state = lock(&self.state);
        state.read.clear();
        state.written.clear();
        state.written.push_back((base, file));
    }

    /// Returns how many files are open as they are written.
    pub(super) fn written(&self) -> usize {
        lock(&self.state).written.len()
    }

    /// Returns the file of a segment, which is opened if it is not open.
    pub(super) fn get(&self, base: u64) -> io::Result<Arc<dyn File>> {
        if let Some(file) = lock(&self.state).find(base) {
            return Ok(file);
        }
        // Without the lock, as it may wait for the disk.
        let file = self.folder.open(&name(base))?;
        let mut state = lock(&self.state);
        if let Some(file) = state.find(base) {
            return Ok(file);
        }
        if base >= state.start {
            state.read.push_front((base, Arc::clone(&file)));
            state.read.truncate(MAX_READ);
        }
        Ok(file)
    }

    /// Returns the file of a segment if it is open.
    pub(super) fn get_open(&self, base: u64) -> Option<Arc<dyn File>> {
        lock(&self.state).find(base)
    }

    /// Notes that all before this offset is synced.
    pub(super) fn synced(&self, durable: u64) {
        let mut state = lock(&self.state);
        while state.written.get(1).is_some_and(|(next, _)| *next <= durable) {
            let synced = state.written.pop_front();
            state.read.extend(synced);
        }
        // Those that were written have not been read.
        state.read.truncate(MAX_READ);
    }

    /// Closes the files of the segments before `start`, which are being deleted.
    pub(super) fn forget_before(&self, start: u64) {
        let mut state = lock(&self.state);
        state.start = state.start.max(start);
        let start = state.start;
        state.read.retain(|(base, _)| *base >= start);
        state.written.retain(|(base, _)| *base >= start);
    }
}

impl State {
    fn find(&mut self, base: u64) -> Option<Arc<dyn File>> {
        if let Some((_, file)) = self.written.iter().rev().find(|(other, _)| *other == base) {
            return Some(Arc::clone(file));
        }
        let index = self.read.iter().position(|(other, _)| *other == base)?;
        let found = self.read.remove(index)?;
        let file = Arc::clone(&found.1);
        self.read.push_front(found);
        Some(file)
    }
}
