//! Merges runs, so that searches read few of them.

use super::page::{Entry, Widths, distance_of, entry, hash_of};
use super::run::{self, Run, name_of};
use crate::storage::StorageError;
use crate::storage::files::Folder;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::ops::Range;
use std::sync::Arc;

/// The number of runs that are merged at a time.
pub(super) const FAN_IN: usize = 16;

/// The maximum size of runs that are merged, in bytes. It bounds how often an entry is written again, and
/// how long a merge takes.
const MAX: u64 = 20 * 1024 * 1024;

/// The name of a merged run until it is complete.
pub(super) const UNFINISHED: &str = "keys.merge";

/// Returns runs to merge: neighbours of which none is much larger than the others together.
pub(super) fn choose(runs: &[Arc<Run>]) -> Option<Range<usize>> {
    let windows = runs.windows(FAN_IN);
    let is_good = |window: &[Arc<Run>]| {
        let sizes = || window.iter().map(|run| run.size);
        let total: u64 = sizes().sum();
        let largest = sizes().max().unwrap_or_default();
        let span = window[FAN_IN - 1].log.end - window[0].log.start;
        total <= MAX && largest <= total / 4 && u32::try_from(span).is_ok()
    };
    let start = windows.into_iter().position(is_good)?;
    Some(start..start + FAN_IN)
}

/// Merges neighbouring runs. Their files are to be removed afterwards. If that does not happen, the next
/// start finds them to be parts of the merged one.
pub(super) fn merge(folder: &dyn Folder, runs: &[Arc<Run>]) -> Result<Run, StorageError> {
    let start = runs.first().map_or(0, |run| run.log.start);
    let end = runs.last().map_or(0, |run| run.log.end);
    let log = start..end;
    let name = name_of(&log);
    let count = runs.iter().map(|run| run.count()).sum::<Result<usize, _>>()?;
    let widths = Widths::of(count, end - start);
    // A part of it would take room on a full disk.
    run::write(folder, UNFINISHED, widths, Merge::new(runs, start)?)
        .inspect_err(|_| _ = folder.remove(UNFINISHED))?;
    folder.rename(UNFINISHED, &name).map_err(StorageError::disk)?;
    folder.sync().map_err(StorageError::disk)?;
    Run::open(folder, &name, log)
}

/// The sorted entries of several runs.
struct Merge<'a> {
    sources: Vec<Source<'a>>,
    /// The next entry of each source, with its index.
    next: BinaryHeap<Reverse<(Entry, usize)>>,
}

struct Source<'a> {
    run: &'a Run,
    /// The distance of the run from the first record of the merged one.
    distance: u64,
    page: std::vec::IntoIter<Entry>,
    next_page: usize,
}

impl Source<'_> {
    /// Returns the next entry as one of the merged run.
    fn next(&mut self) -> Result<Option<Entry>, StorageError> {
        if self.page.as_slice().is_empty() && self.next_page < self.run.pages() {
            self.page = self.run.page(self.next_page)?.into_iter();
            self.next_page += 1;
        }
        Ok(self.page.next().map(|next| {
            // Fits, as the span of the merged run does.
            entry(hash_of(next), (distance_of(next) + self.distance) as u32)
        }))
    }
}

impl<'a> Merge<'a> {
    fn new(runs: &'a [Arc<Run>], start: u64) -> Result<Self, StorageError> {
        let source = |run: &'a Arc<Run>| Source {
            run,
            distance: run.log.start - start,
            page: Vec::new().into_iter(),
            next_page: 0,
        };
        let mut merge =
            Self { sources: runs.iter().map(source).collect(), next: BinaryHeap::new() };
        (0..runs.len()).try_for_each(|index| merge.advance(index))?;
        Ok(merge)
    }

    fn advance(&mut self, index: usize) -> Result<(), StorageError> {
        let next = self.sources[index].next()?;
        self.next.extend(next.map(|entry| Reverse((entry, index))));
        Ok(())
    }
}

impl Iterator for Merge<'_> {
    type Item = Result<Entry, StorageError>;

    fn next(&mut self) -> Option<Self::Item> {
        let Reverse((entry, index)) = self.next.pop()?;
        Some(self.advance(index).map(|()| entry))
    }
}
