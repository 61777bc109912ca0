//! A run: a file of sorted entries.

use super::page::{Entry, PAGE, Page, Widths, decode, distance_of, entry, hash_of};
use crate::storage::StorageError;
use crate::storage::files::{File, Folder};
use std::io;
use std::ops::Range;
use std::sync::Arc;

/// The beginning of the names of runs, which changes with their format.
const PREFIX: &str = "keys.2.";

/// The number of pages that a search reads where it expects the hash. Then it halves what is left, so
/// that hashes that someone has chosen do not make it slow.
const GUESSES: usize = 4;

/// The sorted entries of a part of the log, in pages.
pub(super) struct Run {
    file: Arc<dyn File>,
    pub(super) name: String,
    /// The first record of the entries, and the end of the part of the log that they are of.
    pub(super) log: Range<u64>,
    /// The size of the file, in bytes.
    pub(super) size: u64,
}

/// Returns the part of the log that a run covers by its name; `None` for other files.
pub(super) fn log_of(name: &str) -> Option<Range<u64>> {
    let (start, end) = name.strip_prefix(PREFIX)?.split_once('-')?;
    Some(start.parse().ok()?..end.parse().ok()?)
}

pub(super) fn name_of(log: &Range<u64>) -> String {
    format!("{PREFIX}{:020}-{:020}", log.start, log.end)
}

impl Run {
    /// Writes and syncs a run of sorted entries. The name is to be synced by the caller.
    pub(super) fn create(
        folder: &dyn Folder,
        log: Range<u64>,
        entries: &[Entry],
    ) -> Result<Self, StorageError> {
        let name = name_of(&log);
        let widths = Widths::of(entries.len(), log.end - log.start);
        let (file, size) = write(folder, &name, widths, entries.iter().copied().map(Ok))?;
        Ok(Self { file, name, log, size })
    }

    /// Opens a run with this name.
    pub(super) fn open(
        folder: &dyn Folder,
        name: &str,
        log: Range<u64>,
    ) -> Result<Self, StorageError> {
        let file = folder.open(name).map_err(StorageError::read)?;
        let size = file.len().map_err(StorageError::read)?;
        Ok(Self { file, name: name.into(), log, size })
    }

    pub(super) fn pages(&self) -> usize {
        (self.size as usize).div_ceil(PAGE)
    }

    /// Returns about how many entries it has, from how many are in its first page.
    pub(super) fn count(&self) -> Result<usize, StorageError> {
        if self.size == 0 { Ok(0) } else { Ok(self.page(0)?.len() * self.pages()) }
    }

    /// Reads a page.
    pub(super) fn page(&self, index: usize) -> Result<Vec<Entry>, StorageError> {
        let offset = (index * PAGE) as u64;
        let mut bytes = vec![0; self.size.saturating_sub(offset).min(PAGE as u64) as usize];
        self.file.read_at(&mut bytes, offset).map_err(StorageError::read)?;
        decode(&bytes).ok_or_else(|| StorageError::Index { file: self.name.clone(), offset })
    }

    /// Appends the offsets of records with this hash to `found`, newest first, until it has `max`.
    pub(super) fn find(
        &self,
        hash: u32,
        max: usize,
        found: &mut Vec<u64>,
    ) -> Result<(), StorageError> {
        if found.len() >= max || self.size == 0 {
            return Ok(());
        }
        let Some((mut index, mut page)) = self.last_page(entry(hash, u32::MAX))? else {
            return Ok(());
        };
        loop {
            let end = page.partition_point(|entry| hash_of(*entry) <= hash);
            for entry in page[..end].iter().rev() {
                if hash_of(*entry) != hash || found.len() >= max {
                    return Ok(());
                }
                found.push(self.log.start + distance_of(*entry));
            }
            if index == 0 {
                return Ok(());
            }
            index -= 1;
            page = self.page(index)?;
        }
    }

    /// Returns the last page whose first entry is at most `wanted`, with its index.
    fn last_page(&self, wanted: Entry) -> Result<Option<(usize, Vec<Entry>)>, StorageError> {
        // The page is in this range, or is `best`, which is right before it.
        let (mut low, mut high) = (0, self.pages());
        // Bounds of the entries in the range.
        let (mut least, mut greatest) = (0, Entry::MAX);
        let mut best = None;
        for probe in 0.. {
            if low == high {
                break;
            }
            let size = high - low;
            let middle = if probe < GUESSES {
                let part = u128::from(wanted - least) * size as u128;
                let part = part / u128::from((greatest - least).max(1));
                low + (part as usize).min(size - 1)
            } else {
                low + size / 2
            };
            let page = self.page(middle)?;
            let (Some(first), Some(last)) = (page.first().copied(), page.last().copied()) else {
                break;
            };
            if first > wanted {
                (high, greatest) = (middle, first);
            } else if last > wanted {
                return Ok(Some((middle, page)));
            } else {
                (low, least) = (middle + 1, last);
                best = Some((middle, page));
            }
        }
        Ok(best)
    }
}

/// Writes and syncs a file of pages. A file of this name that a failed attempt has left is replaced.
pub(super) fn write(
    folder: &dyn Folder,
    name: &str,
    widths: Widths,
    entries: impl Iterator<Item = Result<Entry, StorageError>>,
) -> Result<(Arc<dyn File>, u64), StorageError> {
    match folder.remove(name) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(StorageError::disk(error));
        }
        _ => {}
    }
    let file = folder.create(name).map_err(StorageError::disk)?;
    let mut size = 0;
    let mut flush = |page: Page, is_last: bool| {
        let bytes = page.encode(is_last);
        let result = file.write_at(&bytes, size).map_err(StorageError::disk);
        size += bytes.len() as u64;
        result
    };
    let mut page = Page::new(widths);
    for entry in entries {
        let entry = entry?;
        if !page.push(entry) {
            flush(std::mem::replace(&mut page, Page::new(widths)), false)?;
            page.push(entry);
        }
    }
    if !page.is_empty() {
        flush(page, true)?;
    }
    file.sync_data().map_err(StorageError::disk)?;
    Ok((file, size))
}
