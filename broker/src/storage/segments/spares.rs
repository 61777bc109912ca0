//! Files for the next segments.
//!
//! A sync of a file whose blocks are all written has no metadata to write, which the file system would
//! do in its journal, together with what others have written. So files of deleted segments are used
//! again. If there are none, and rounds are small, files are filled with zeros by a thread before they
//! are used: that writes each byte once more, and so does not pay for large rounds.

use super::segment::{Segment, name};
use crate::storage::files::{File, Folder};
use rocketmq_tower_core::sync::lock;
use std::io;
use std::ops::RangeInclusive;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

/// The number of files of deleted segments that are kept: as many as were begun since the last deletion,
/// in these bounds.
const KEPT: RangeInclusive<usize> = 2..=16;

/// The size of a write of zeros. The page cache would keep larger ones as units, each of which is
/// written as a whole by every sync.
const ZEROS: [u8; 4096] = [0; 4096];

/// The number of bytes after which zeros are synced, so that other syncs do not wait for long.
const SYNC: u64 = 256 * 1024;

const NAME: &str = "spare";

/// The files, and the thread that makes them.
pub(super) struct Spares {
    shared: Arc<Shared>,
    maker: Option<JoinHandle<()>>,
}

struct Shared {
    folder: Arc<dyn Folder>,
    size: u64,
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    /// Whether files are kept at all.
    keep: bool,
    ready: Vec<Spare>,
    /// The number of segments that were begun since the last deletion.
    begun: usize,
    next: u64,
    /// A file will be needed soon.
    wanted: bool,
    closed: bool,
}

/// A file that can be used.
struct Spare {
    name: String,
    file: Arc<dyn File>,
}

impl Spares {
    /// Takes the files that are left from before. With `ahead`, a thread makes more of them;
    /// otherwise, none are kept.
    pub(super) fn open(folder: Arc<dyn Folder>, size: u64, ahead: bool) -> io::Result<Self> {
        let mut state = State {
            keep: ahead,
            ready: Vec::new(),
            begun: 0,
            next: 0,
            wanted: false,
            closed: false,
        };
        for name in folder.list()?.into_iter().filter(|name| name.starts_with(NAME)) {
            let file = folder.open(&name)?;
            // A shorter one was not finished.
            if !ahead || state.ready.len() == *KEPT.end() || !is_long(&*file, size)? {
                folder.remove(&name)?;
                continue;
            }
            let number = name.trim_start_matches(NAME).parse().unwrap_or(0);
            state.next = state.next.max(number + 1);
            state.ready.push(Spare { name, file });
        }
        let shared =
            Arc::new(Shared { folder, size, state: Mutex::new(state), changed: Condvar::new() });
        let maker = ahead.then(|| {
            let shared = Arc::clone(&shared);
            thread::Builder::new().name("rocketmq-zeros".into()).spawn(move || shared.make())
        });
        Ok(Self { shared, maker: maker.transpose()? })
    }

    /// Has a file made if there is none, as one will be needed soon.
    pub(super) fn want(&self) {
        lock(&self.shared.state).wanted = true;
        self.shared.changed.notify_one();
    }

    /// Gives a spare file the name of a segment; `None` if there is none.
    pub(super) fn take(&self, name: &str) -> io::Result<Option<Arc<dyn File>>> {
        let mut state = lock(&self.shared.state);
        state.wanted = false;
        state.begun += 1;
        let Some(spare) = state.ready.pop() else { return Ok(None) };
        drop(state);
        self.shared.folder.rename(&spare.name, name)?;
        Ok(Some(spare.file))
    }

    /// Keeps files of deleted segments, and removes those that are being read, and all of which there are
    /// enough. Returns whether the folder has changed.
    pub(super) fn retire(&self, deleted: Vec<Arc<Segment>>) -> io::Result<bool> {
        let mut state = lock(&self.shared.state);
        let keep = std::mem::take(&mut state.begun).clamp(*KEPT.start(), *KEPT.end());
        let surplus = state.ready.len().saturating_sub(keep);
        let mut changed = surplus > 0;
        for spare in state.ready.drain(..surplus) {
            self.shared.folder.remove(&spare.name)?;
        }
        for segment in deleted {
            changed = true;
            let old = name(segment.base);
            if state.keep
                && state.ready.len() < keep
                && let Some(Segment { file, .. }) = Arc::into_inner(segment)
                && is_long(&*file, self.shared.size)?
            {
                let name = state.name();
                self.shared.folder.rename(&old, &name)?;
                state.ready.push(Spare { name, file });
            } else {
                self.shared.folder.remove(&old)?;
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

impl Drop for Spares {
    fn drop(&mut self) {
        lock(&self.shared.state).closed = true;
        self.shared.changed.notify_all();
        if self.maker.take().is_some_and(|maker| maker.join().is_err()) {
            tracing::error!("the thread that prepares segments panicked");
        }
    }
}

impl State {
    fn name(&mut self) -> String {
        self.next += 1;
        format!("{NAME}{}", self.next)
    }
}

impl Shared {
    /// Makes files when they are wanted, until the log is closed.
    fn make(&self) {
        loop {
            let waits =
                |state: &mut State| !state.closed && (!state.wanted || !state.ready.is_empty());
            let state = self.changed.wait_while(lock(&self.state), waits);
            let mut state = state.unwrap_or_else(PoisonError::into_inner);
            if state.closed {
                return;
            }
            let name = state.name();
            drop(state);
            match self.fill(&name) {
                Ok(Some(file)) => lock(&self.state).ready.push(Spare { name, file }),
                Ok(None) => return,
                Err(error) => {
                    // Segments are made as they are needed, which is slower.
                    tracing::warn!(%error, "no segment can be prepared");
                    _ = self.folder.remove(&name);
                    return;
                }
            }
        }
    }

    /// Makes a file of zeros; `None` if the log was closed meanwhile.
    fn fill(&self, name: &str) -> io::Result<Option<Arc<dyn File>>> {
        let file = self.folder.create(name)?;
        for at in (0..self.size).step_by(ZEROS.len()) {
            file.write_at(&ZEROS, at)?;
            if (at + ZEROS.len() as u64).is_multiple_of(SYNC) {
                file.sync_data()?;
                if lock(&self.state).closed {
                    self.folder.remove(name)?;
                    return Ok(None);
                }
            }
        }
        file.sync_data()?;
        Ok(Some(file))
    }
}
