//! A disk in memory for tests, which can lose power.
//!
//! What is written is visible at once. After a crash, that part is kept which was synced, and of the
//! rest any part that a real disk might have kept: see [`Disk::crash`].

mod content;
mod names;
mod random;
mod tests;

use super::{File, Folder};
use content::Content;
use names::Names;
pub(crate) use random::Random;
use rocketmq_tower_core::sync::lock;
use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex};

/// The unit in which changes are kept or lost, in bytes.
const PAGE: u64 = 4096;

/// An error that happens once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// A write or [`File::set_len`] fails as the disk is full. Any part of a write is done.
    NoRoom,
    /// [`Folder::create`] or [`Folder::open`] fails as too many files are open.
    Files,
    /// A write fails with an error of the device. Any part of it is done.
    Write,
    /// [`File::sync_data`] fails: any part of the changes is kept, and the rest is visible until the
    /// crash, but never written by a later sync. That is what Linux does.
    Sync,
}

/// A disk with folders. Its clones are the same disk.
#[derive(Clone, Default)]
pub(crate) struct Disk {
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    folders: BTreeMap<String, Names>,
    counts: Counts,
    /// The number of changes until the power fails.
    power: Option<u64>,
    is_off: bool,
    /// A fault, and the number of operations that it can hit before the one that it hits.
    fault: Option<(Fault, u64)>,
    random: Random,
    /// Files do not get longer.
    is_full: bool,
    /// The system has all files in memory.
    is_cached: bool,
    /// The number of files that are open now, and the most that were.
    open: usize,
    most_open: usize,
}

/// The operations since the disk was made.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    /// Operations that change something, as [`Disk::power_off_after`] counts them.
    pub(crate) changes: u64,
    pub(crate) bytes_written: u64,
    pub(crate) syncs: u64,
    pub(crate) reads: u64,
}

impl Disk {
    /// Returns a folder, which is created if it does not exist.
    pub(crate) fn folder(&self, name: &str) -> Arc<dyn Folder> {
        lock(&self.state).folders.entry(name.into()).or_default();
        Arc::new(SimulatedFolder { name: name.into(), state: self.state.clone() })
    }

    /// Returns a disk as it may be found after a loss of power now. Can be called with many seeds; this
    /// disk does not change.
    ///
    /// Of the changes to a folder since its last sync, a prefix is kept. Of the changes to a file since
    /// its last sync, there are kept, by the seed: none, all, the first ones with the last of these
    /// torn at any byte, or an independent choice for each page of 4 KiB, torn as well. The length
    /// after the last sync or after any later change is kept.
    pub(crate) fn crash(&self, seed: u64) -> Disk {
        let state = lock(&self.state);
        let mut random = Random::new(seed);
        let folders = state.folders.iter();
        let folders =
            folders.map(|(name, names)| (name.clone(), names.crash(&mut random))).collect();
        let state = State { folders, random, ..State::default() };
        Disk { state: Arc::new(Mutex::new(state)) }
    }

    /// Returns a disk with all that is visible on this one, synced or not: what a new process finds. It has
    /// power, and no fault.
    pub(crate) fn copy(&self) -> Disk {
        let state = lock(&self.state);
        let folders = state.folders.iter();
        let folders = folders.map(|(name, names)| (name.clone(), names.copy())).collect();
        let state = State { folders, random: state.random.clone(), ..State::default() };
        Disk { state: Arc::new(Mutex::new(state)) }
    }

    pub(crate) fn power_off(&self) {
        lock(&self.state).is_off = true;
    }

    /// Undoes a power failure that was to come.
    pub(crate) fn power_on(&self) {
        let mut state = lock(&self.state);
        (state.is_off, state.power) = (false, None);
    }

    /// Lets the power fail after this many more changes: a write after them is done in part, and every
    /// later call fails. The number of changes until now is in [`Self::counts`].
    pub(crate) fn power_off_after(&self, changes: u64) {
        lock(&self.state).power = Some(changes);
    }

    pub(crate) fn is_off(&self) -> bool {
        lock(&self.state).is_off
    }

    /// Returns whether the power has failed or is going to.
    pub(crate) fn loses_power(&self) -> bool {
        let state = lock(&self.state);
        state.is_off || state.power.is_some()
    }

    /// Lets one operation fail, after this many others that could fail in this way.
    pub(crate) fn fail_after(&self, fault: Fault, operations: u64) {
        lock(&self.state).fault = Some((fault, operations));
    }

    /// Lets everything fail that makes a file longer, as there is no room, or ends that.
    pub(crate) fn fill(&self, full: bool) {
        lock(&self.state).is_full = full;
    }

    /// Lets the system have all files in memory, or none.
    pub(crate) fn cache(&self, cached: bool) {
        lock(&self.state).is_cached = cached;
    }

    /// Returns the number of files that are open, and the most that were open at a time.
    pub(crate) fn open_files(&self) -> (usize, usize) {
        let state = lock(&self.state);
        (state.open, state.most_open)
    }

    pub(crate) fn counts(&self) -> Counts {
        lock(&self.state).counts
    }

    /// Changes bytes of a file behind the program's back, as if they were synced.
    pub(crate) fn damage(&self, folder: &str, file: &str, offset: u64, bytes: &[u8]) {
        let state = lock(&self.state);
        let content = state.folders[folder].get(file).unwrap();
        lock(&content).damage(offset, bytes);
    }
}

impl State {
    fn names(&mut self, folder: &str) -> &mut Names {
        self.folders.entry(folder.into()).or_default()
    }

    fn check_power(&self) -> io::Result<()> {
        if self.is_off { Err(io::Error::other("the power is off")) } else { Ok(()) }
    }

    /// Counts a change. Fails if the power is off or fails now, or if one of `faults` is due.
    fn change(&mut self, faults: &[Fault]) -> Result<(), Failure> {
        self.check_power().map_err(|error| Failure { error, now: false })?;
        self.counts.changes += 1;
        if let Some(left) = &mut self.power {
            if *left == 0 {
                self.is_off = true;
                let error = io::Error::other("the power failed");
                return Err(Failure { error, now: true });
            }
            *left -= 1;
        }
        match &mut self.fault {
            Some((fault, left)) if faults.contains(fault) => {
                if *left == 0 {
                    let error = fault.error();
                    self.fault = None;
                    return Err(Failure { error, now: true });
                }
                *left -= 1;
            }
            _ => {}
        }
        Ok(())
    }
}

impl Fault {
    fn error(self) -> io::Error {
        match self {
            Self::NoRoom => io::ErrorKind::StorageFull.into(),
            Self::Files => io::Error::from_raw_os_error(24),
            Self::Write | Self::Sync => io::Error::other("an error of the device"),
        }
    }
}

/// Why a change failed.
struct Failure {
    error: io::Error,
    /// The change may be done in part: it failed by a fault, not as the power was off before.
    now: bool,
}

impl From<Failure> for io::Error {
    fn from(failure: Failure) -> Self {
        failure.error
    }
}

struct SimulatedFolder {
    name: String,
    state: Arc<Mutex<State>>,
}

impl SimulatedFolder {
    fn file(&self, state: &mut State, content: Arc<Mutex<Content>>) -> Arc<dyn File> {
        state.open += 1;
        state.most_open = state.most_open.max(state.open);
        Arc::new(SimulatedFile { content, state: self.state.clone() })
    }
}

impl Folder for SimulatedFolder {
    fn create(&self, name: &str) -> io::Result<Arc<dyn File>> {
        let mut state = lock(&self.state);
        if state.names(&self.name).get(name).is_some() {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        state.change(&[Fault::Files])?;
        let content = state.names(&self.name).create(name);
        Ok(self.file(&mut state, content))
    }

    fn open(&self, name: &str) -> io::Result<Arc<dyn File>> {
        let mut state = lock(&self.state);
        state.check_power()?;
        let content = state.names(&self.name).get(name).ok_or(io::ErrorKind::NotFound)?;
        if state.fault.is_some_and(|(fault, left)| fault == Fault::Files && left == 0) {
            state.fault = None;
            return Err(Fault::Files.error());
        }
        Ok(self.file(&mut state, content))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let mut state = lock(&self.state);
        state.names(&self.name).get(from).ok_or(io::ErrorKind::NotFound)?;
        state.change(&[])?;
        state.names(&self.name).rename(from, to);
        Ok(())
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        let mut state = lock(&self.state);
        state.names(&self.name).get(name).ok_or(io::ErrorKind::NotFound)?;
        state.change(&[])?;
        state.names(&self.name).remove(name);
        Ok(())
    }

    fn list(&self) -> io::Result<Vec<String>> {
        let mut state = lock(&self.state);
        state.check_power()?;
        Ok(state.names(&self.name).list())
    }

    fn sync(&self) -> io::Result<()> {
        let mut state = lock(&self.state);
        state.change(&[])?;
        state.names(&self.name).sync();
        Ok(())
    }
}

struct SimulatedFile {
    content: Arc<Mutex<Content>>,
    state: Arc<Mutex<State>>,
}

impl Drop for SimulatedFile {
    fn drop(&mut self) {
        lock(&self.state).open -= 1;
    }
}

impl File for SimulatedFile {
    fn read_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<()> {
        let mut state = lock(&self.state);
        state.check_power()?;
        state.counts.reads += 1;
        let content = lock(&self.content);
        let start = offset as usize;
        let found = content.visible.get(start..start + bytes.len());
        bytes.copy_from_slice(found.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn read_cached_at(&self, bytes: &mut [u8], offset: u64) -> bool {
        let is_cached = lock(&self.state).is_cached;
        is_cached && self.read_at(bytes, offset).is_ok()
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        let mut state = lock(&self.state);
        let end = offset as usize + bytes.len();
        if state.is_full && end > lock(&self.content).visible.len() {
            return Err(Fault::NoRoom.error());
        }
        let result = state.change(&[Fault::NoRoom, Fault::Write]);
        let done = match &result {
            Ok(()) => bytes.len(),
            Err(failure) if failure.now => state.random.below(bytes.len() + 1),
            Err(_) => 0,
        };
        state.counts.bytes_written += done as u64;
        lock(&self.content).write(&bytes[..done], offset);
        Ok(result?)
    }

    fn sync_data(&self) -> io::Result<()> {
        let mut state = lock(&self.state);
        state.counts.syncs += 1;
        match state.change(&[Fault::Sync]) {
            Ok(()) => lock(&self.content).sync(),
            Err(failure) => {
                if failure.now {
                    lock(&self.content).fail_sync(&mut state.random);
                }
                return Err(failure.error);
            }
        }
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let mut state = lock(&self.state);
        if state.is_full && len as usize > lock(&self.content).visible.len() {
            return Err(Fault::NoRoom.error());
        }
        state.change(&[Fault::NoRoom])?;
        lock(&self.content).set_len(len);
        Ok(())
    }

    fn len(&self) -> io::Result<u64> {
        lock(&self.state).check_power()?;
        Ok(lock(&self.content).visible.len() as u64)
    }
}
