//! Files of deleted segments, which are used again.
//!
//! A sync of a file whose blocks are all written has no metadata to write.

use super::segment::{Segment, name};
use crate::storage::files::{File, Folder};
use rocketmq_tower_core::sync::lock;
use std::io;
use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex};

/// The number of files that are kept: as many as segments were begun since the last deletion, in these
/// bounds.
const KEPT: RangeInclusive<usize> = 2..=16;

const NAME: &str = "spare";

/// The files.
pub(super) struct Spares {
    folder: Arc<dyn Folder>,
    /// The size of a segment, in bytes.
    size: u64,
    /// Whether files are kept at all.
    keep: bool,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The names of those that can be used.
    ready: Vec<String>,
    /// The number of segments that were begun since the last deletion.
    begun: usize,
    next: u64,
}

impl Spares {
    /// Takes the files that are left from before. Without `keep`, there are none.
    pub(super) fn open(folder: Arc<dyn Folder>, size: u64, keep: bool) -> io::Result<Self> {
        let mut state = State::default();
        for name in folder.list()?.into_iter().filter(|name| name.starts_with(NAME)) {
            let file = folder.open(&name)?;
            if !keep || state.ready.len() == *KEPT.end() || !is_long(&*file, size)? {
                folder.remove(&name)?;
                continue;
            }
            let number = name.trim_start_matches(NAME).parse().unwrap_or(0);
            state.next = state.next.max(number + 1);
            state.ready.push(name);
        }
        Ok(Self { folder, size, keep, state: state.into() })
    }

    /// Gives a file the name of a segment; `None` if there is none.
    pub(super) fn take(&self, name: &str) -> io::Result<Option<Arc<dyn File>>> {
        let mut state = lock(&self.state);
        state.begun += 1;
        let Some(spare) = state.ready.last() else { return Ok(None) };
        // Before it has the name of a segment, as there may be too many open files.
        let file = self.folder.open(spare)?;
        self.folder.rename(spare, name)?;
        state.ready.pop();
        Ok(Some(file))
    }

    /// Keeps files of deleted segments, and removes those that are being read, and all of which there are
    /// enough. With `needs_room`, none is kept: the disk may be full. Returns whether the folder has changed.
    pub(super) fn retire(&self, deleted: Vec<Arc<Segment>>, needs_room: bool) -> io::Result<bool> {
        let mut state = lock(&self.state);
        let begun = std::mem::take(&mut state.begun).clamp(*KEPT.start(), *KEPT.end());
        let keep = if needs_room { 0 } else { begun };
        let surplus = state.ready.len().saturating_sub(keep);
        let changed = surplus > 0 || !deleted.is_empty();
        for spare in state.ready.drain(..surplus) {
            self.folder.remove(&spare)?;
        }
        for segment in deleted {
            let old = name(segment.base);
            if self.keep
                && state.ready.len() < keep
                && Arc::into_inner(segment).is_some()
                && self
                    .folder
                    .open(&old)
                    .and_then(|file| is_long(&*file, self.size))
                    .unwrap_or(false)
            {
                state.next += 1;
                let name = format!("{NAME}{}", state.next);
                self.folder.rename(&old, &name)?;
                state.ready.push(name);
            } else {
                self.folder.remove(&old)?;
            }
        }
        Ok(changed)
    }
}

/// Returns whether the file has almost the size of a segment. One that was not made for synchronous
/// flushing ends with its last round.
fn is_long(file: &dyn File, size: u64) -> io::Result<bool> {
    Ok(file.len()? >= size - size / 16)
}
