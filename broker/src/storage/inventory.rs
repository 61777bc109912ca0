//! Compares the parts of a store at the start: what is missing is made anew from the log, or is an
//! error.

use super::StorageError;
use super::error::Missing;
use super::files::Folder;
use super::key_index::covered;
use super::marker::{Begin, Marker};
use super::segments::segment_bases;
use super::tables::{Changes, Checkpoint, Parts, Tables};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io;

/// A file in the folder of the indexes while they are being made anew.
const REBUILD: &str = "rebuild";

/// The state of a store at its start.
pub(super) struct Inventory {
    pub(super) checkpoint: Checkpoint,
    pub(super) marker: Marker,
    /// The indexes are to be made anew.
    pub(super) rebuild: bool,
}

/// Compares the parts of a store, and sets up a new one. With `skip_damage`, goes on without what is lost.
pub(super) fn take(
    log: &dyn Folder,
    index: &dyn Folder,
    tables: &dyn Tables,
    skip_damage: bool,
) -> Result<Inventory, StorageError> {
    let mut lost = Lost { skip_damage };
    let bases = segment_bases(log).map_err(StorageError::read)?;
    let marker = Marker::open(log).map_err(StorageError::read)?;
    let (checkpoint, mut marker) = match (tables.checkpoint()?, marker) {
        (Some(checkpoint), Some(marker)) if checkpoint.secret != marker.secret => {
            return Err(Missing::Mixed.into());
        }
        (Some(checkpoint), Some(marker)) => (checkpoint, marker),
        (Some(checkpoint), None) => {
            let marker = make_marker(log, &bases, &checkpoint, &mut lost)?;
            (checkpoint, marker)
        }
        (None, Some(marker)) => (Checkpoint::first(marker.secret), marker),
        (None, None) if !bases.is_empty() => return Err(Missing::Secret.into()),
        (None, None) => {
            if !index.list().map_err(StorageError::read)?.is_empty() {
                lost.report(Missing::Log)?;
            }
            let checkpoint = Checkpoint::first(RandomState::new().build_hasher().finish() as u32);
            let begin = Begin { start: 0, deleted: 0 };
            let marker = Marker::create(log, checkpoint.secret, begin);
            let marker = marker.map_err(StorageError::write)?;
            tables.commit(&Changes::default(), &checkpoint)?;
            (checkpoint, marker)
        }
    };
    let bases = finish_deletion(log, bases, &mut marker)?;
    check_segments(&bases, &checkpoint, &mut marker, &mut lost)?;
    let behind = checkpoint.position < marker.position;
    if behind {
        if checkpoint.position < marker.begin.start {
            lost.report(Missing::Tables)?;
        }
        tracing::warn!("the folder tables has lost something, and is made anew from the log");
    }
    let runs = checkpoint.parts.as_ref().map_or(&[][..], |parts| &parts.runs);
    let covered = covered(index, runs, marker.begin.start)?;
    if !covered {
        tracing::warn!("files of the folder index are missing, and are made anew from the log");
    }
    let is_unfinished = index.open(REBUILD).is_ok();
    Ok(Inventory { checkpoint, marker, rebuild: behind || !covered || is_unfinished })
}

/// Removes the indexes, which are to be made anew. The next start does so again, unless this was finished.
pub(super) fn begin_rebuild(index: &dyn Folder) -> io::Result<()> {
    match index.create(REBUILD) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => index.sync()?,
    }
    let names = index.list()?;
    names.iter().filter(|name| *name != REBUILD).try_for_each(|name| index.remove(name))
}

/// Notes that the indexes are complete, and on the disk.
pub(super) fn finish_rebuild(index: &dyn Folder) -> io::Result<()> {
    index.remove(REBUILD)?;
    index.sync()
}

/// Reports the parts that are lost.
struct Lost {
    skip_damage: bool,
}

impl Lost {
    /// Fails, or goes on if that is wanted.
    fn report(&mut self, missing: Missing) -> Result<(), StorageError> {
        if !self.skip_damage {
            return Err(missing.into());
        }
        tracing::error!("{missing}");
        Ok(())
    }
}

/// Makes a marker in place of one that is missing.
fn make_marker(
    log: &dyn Folder,
    bases: &[u64],
    checkpoint: &Checkpoint,
    lost: &mut Lost,
) -> Result<Marker, StorageError> {
    let begun = checkpoint.parts.as_ref().map(|parts| parts.segments);
    if bases.is_empty() && checkpoint.position > 0 {
        lost.report(Missing::Log)?;
    } else if begun.is_some() {
        lost.report(Missing::Marker)?;
    }
    let start = bases.first().copied().unwrap_or(checkpoint.position);
    let deleted = begun.unwrap_or(0).saturating_sub(count_before(bases, checkpoint.position));
    let begin = Begin { start, deleted };
    Marker::create(log, checkpoint.secret, begin).map_err(StorageError::write)
}

/// Deletes the segments that were to be deleted when the process ended. Returns the others.
fn finish_deletion(
    log: &dyn Folder,
    mut bases: Vec<u64>,
    marker: &mut Marker,
) -> Result<Vec<u64>, StorageError> {
    let begin = marker.begin;
    let count = bases.partition_point(|base| *base < begin.start);
    if count > 0 {
        // Once more: the process that wrote it may have failed to sync it, so that only the system's memory has it.
        marker.begin(begin).map_err(StorageError::write)?;
        let mut deleted = bases.drain(..count);
        // Oldest first, so that those that are left after a loss of power have no gap.
        deleted
            .try_for_each(|base| log.remove(&super::segments::name(base)))
            .and_then(|()| log.sync())
            .map_err(StorageError::write)?;
    }
    Ok(bases)
}

/// Checks that all segments of before the checkpoint are there.
fn check_segments(
    bases: &[u64],
    checkpoint: &Checkpoint,
    marker: &mut Marker,
    lost: &mut Lost,
) -> Result<(), StorageError> {
    let Begin { start, deleted } = marker.begin;
    let position = checkpoint.position.max(marker.position);
    let there = count_before(bases, checkpoint.position);
    // Tables that are behind know less than the marker.
    let begun = checkpoint.parts.as_ref().map_or(0, |parts| parts.segments);
    let missing = begun.saturating_sub(deleted).saturating_sub(there);
    let first = bases.first().copied();
    let begins = first == Some(start) || first.is_none() && start >= position;
    if begins && missing == 0 {
        return Ok(());
    }
    match first {
        None => lost.report(Missing::Log)?,
        Some(_) => lost.report(Missing::Segments { count: missing.max(1) })?,
    }
    let start = first.unwrap_or(position);
    let begin = Begin { start, deleted: begun.saturating_sub(there) };
    marker.begin(begin).map_err(StorageError::write)
}

fn count_before(bases: &[u64], position: u64) -> u64 {
    bases.partition_point(|base| *base < position) as u64
}

impl Checkpoint {
    /// The checkpoint of an empty store.
    fn first(secret: u32) -> Self {
        Self { position: 0, time: 0, secret, parts: Some(Parts::default()) }
    }
}
