//! Finds the runs at the start.

use super::merge::UNFINISHED;
use super::run::{Run, log_of};
use crate::log::CommitLogOffset;
use crate::storage::StorageError;
use crate::storage::files::Folder;
use std::cmp::Reverse;
use std::ops::Range;
use std::sync::Arc;

/// Opens the runs of the last checkpoint, the end of `log`. Removes those of a later one that is not
/// complete, those that are parts of merged runs, and those of deleted records.
pub(super) fn open(
    folder: &dyn Folder,
    log: &Range<CommitLogOffset>,
) -> Result<Vec<Arc<Run>>, StorageError> {
    let names = folder.list().map_err(StorageError::read)?;
    let mut removed: Vec<String> =
        names.iter().filter(|name| *name == UNFINISHED).cloned().collect();
    let named = names.into_iter().filter_map(|name| Some((log_of(&name)?, name)));
    let mut named: Vec<_> = named.collect();
    named.sort_by_key(|(part, _)| (part.start, Reverse(part.end)));
    let mut covered = log.start.as_u64();
    let mut runs = Vec::new();
    for (part, name) in named {
        if part.end <= covered || part.end > log.end.as_u64() {
            removed.push(name);
        } else {
            covered = part.end;
            runs.push(Arc::new(Run::open(folder, &name, part)?));
        }
    }
    if !removed.is_empty() {
        removed.iter().try_for_each(|name| folder.remove(name)).map_err(StorageError::write)?;
        // Otherwise one could be back after a later checkpoint, and be taken for a part of it.
        folder.sync().map_err(StorageError::write)?;
    }
    Ok(runs)
}

/// Returns whether all of these parts of the log have files, alone or merged with others, except for
/// those that end before `start`.
pub(in crate::storage) fn covered(
    folder: &dyn Folder,
    parts: &[Range<u64>],
    start: u64,
) -> Result<bool, StorageError> {
    let names = folder.list().map_err(StorageError::read)?;
    let runs: Vec<_> = names.iter().filter_map(|name| log_of(name)).collect();
    Ok(parts.iter().all(|part| {
        let holds = |run: &Range<u64>| run.start <= part.start && part.end <= run.end;
        part.end <= start || runs.iter().any(holds)
    }))
}
