//! The index of keys: the offsets of records by the hashes of their keys.
//!
//! It is derived from the log. New entries live in memory. Each checkpoint writes them to a file, a run,
//! sorted by hash; runs that follow one another are merged when there are many. A run's name says which
//! part of the log it covers, so that the next start knows those that are part of the last complete
//! checkpoint, and those whose merge was not complete.
//!
//! An entry takes about 5 bytes on the disk: 28 bits of the hash, which is enough as a search reads the
//! records anyway, and the offset from the first record of the run. As entries are sorted, only the
//! steps between hashes are stored.

mod bits;
mod merge;
mod open;
mod page;
mod recent;
mod run;
#[cfg(test)]
mod tests;

use super::StorageError;
use super::files::Folder;
use crate::log::CommitLogOffset;
pub(super) use open::covered;
use recent::Recent;
use rocketmq_tower_core::sync::lock;
use run::Run;
use std::ops::Range;
use std::sync::{Arc, Mutex};

/// The keys of all records, by their hashes.
///
/// Entries are kept in memory until the next [`flush`](Self::flush), 8 bytes each.
pub(super) struct KeyIndex {
    folder: Arc<dyn Folder>,
    state: Mutex<State>,
    /// Held while files are written or removed.
    changing: Mutex<()>,
}

#[derive(Default)]
struct State {
    recent: Recent,
    /// The oldest one first.
    runs: Arc<Vec<Arc<Run>>>,
}

/// Returns the part of a hash that is stored. It is mixed first, so that these parts are spread evenly
/// whatever the hash function is: searches rely on it.
fn stored_hash(hash: u64) -> u32 {
    let hash = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    let hash = (hash ^ (hash >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    (hash >> 32) as u32 & page::HASH
}

impl KeyIndex {
    /// Opens the index in `folder` as it was at the last checkpoint. `log` begins with the first offset
    /// of the log, before which entries are removed, and ends with the position of the checkpoint, from
    /// which on the entries are to be pushed again.
    pub(super) fn open(
        folder: Arc<dyn Folder>,
        log: Range<CommitLogOffset>,
    ) -> Result<Self, StorageError> {
        let runs = open::open(&*folder, &log)?;
        let state = State { recent: Recent::default(), runs: Arc::new(runs) };
        Ok(Self { folder, state: state.into(), changing: Mutex::default() })
    }

    /// Adds a key of the record at `at`, in memory. Called in the order of records.
    pub(super) fn push(&self, hash: u64, at: CommitLogOffset) {
        lock(&self.state).recent.push(stored_hash(hash), at.as_u64());
    }

    /// Returns the offsets of records that may have a key with this hash, newest first, at most `max`.
    /// A few may have keys with other hashes.
    pub(super) fn find(&self, hash: u64, max: usize) -> Result<Vec<CommitLogOffset>, StorageError> {
        let (recent, runs) = {
            let state = lock(&self.state);
            (state.recent.clone(), state.runs.clone())
        };
        let hash = stored_hash(hash);
        let mut found = Vec::new();
        recent.find(hash, max, &mut found);
        for run in runs.iter().rev() {
            run.find(hash, max, &mut found)?;
        }
        Ok(found.into_iter().map(CommitLogOffset::new).collect())
    }

    /// Writes and syncs all entries before `upto`, and no later ones. Entries may be pushed meanwhile. If
    /// this fails, the next flush writes them again. `upto` must not be less than before.
    pub(super) fn flush(&self, upto: CommitLogOffset) -> Result<(), StorageError> {
        let _changing = lock(&self.changing);
        let recent = lock(&self.state).recent.clone();
        let groups = recent.before(upto.as_u64());
        if groups.is_empty() {
            return Ok(());
        }
        let ends = groups.iter().skip(1).map(|group| group.base).chain([upto.as_u64()]);
        let mut new = Vec::new();
        for (group, end) in groups.iter().zip(ends) {
            let run = Run::create(&*self.folder, group.base..end, &group.entries);
            new.push(Arc::new(run?));
        }
        self.folder.sync().map_err(StorageError::disk)?;
        let mut state = lock(&self.state);
        Arc::make_mut(&mut state.runs).extend(new);
        state.recent.forget(upto.as_u64());
        Ok(())
    }

    /// Returns the parts of the log that have files.
    pub(super) fn parts(&self) -> Vec<Range<u64>> {
        lock(&self.state).runs.iter().map(|run| run.log.clone()).collect()
    }

    /// Merges runs if there are many. To be called when a checkpoint is complete.
    pub(super) fn checkpointed(&self) -> Result<(), StorageError> {
        let _changing = lock(&self.changing);
        let runs = lock(&self.state).runs.clone();
        let Some(range) = merge::choose(&runs) else { return Ok(()) };
        let merged = merge::merge(&*self.folder, &runs[range.clone()])?;
        let replaced: Vec<_> = {
            let mut state = lock(&self.state);
            Arc::make_mut(&mut state.runs).splice(range, [Arc::new(merged)]).collect()
        };
        self.remove(&replaced)
    }

    /// Removes the runs whose records are all before `start`, the log's first offset.
    pub(super) fn trim_before(&self, start: CommitLogOffset) -> Result<(), StorageError> {
        let _changing = lock(&self.changing);
        let removed: Vec<_> = {
            let mut state = lock(&self.state);
            let count = state.runs.partition_point(|run| run.log.end <= start.as_u64());
            if count == 0 {
                return Ok(());
            }
            Arc::make_mut(&mut state.runs).drain(..count).collect()
        };
        self.remove(&removed)
    }

    fn remove(&self, runs: &[Arc<Run>]) -> Result<(), StorageError> {
        runs.iter().try_for_each(|run| self.folder.remove(&run.name)).map_err(StorageError::disk)
    }
}
