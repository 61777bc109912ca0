//! Checkpoints: from time to time, the state of everything that is derived from the log is stored, so
//! that a start has little to replay.

use super::key_index::KeyIndex;
use super::marker::{Begin, Marker};
use super::queue_index::QueueIndex;
use super::segments::SegmentLog;
use super::tables::{Changes, Checkpoint, LiveTables, Parts};
use super::{QueueEntry, Round, StorageError, StorageTable};
use crate::Flush;
use crate::log::CommitLogOffset;
use rocketmq_tower_core::sync::lock;
use std::io;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// The size of the changed rows at which a checkpoint is made, in bytes. At twice as much, writers
/// wait.
const MAX_ROWS: usize = 4 * 1024 * 1024;

/// While checkpoints fail, rounds are taken until the log has grown by this many times the size at which
/// a checkpoint is made.
const MAX_BEHIND: u64 = 4;

/// The maximum time between two checkpoints, if there is something to store.
const EVERY: Duration = Duration::from_secs(10);

/// The time after which rounds are synced whose writers did not wait for it.
const SYNC: Duration = Duration::from_secs(1);

/// The parts of the store.
pub(super) struct State {
    pub(super) log: SegmentLog,
    pub(super) queues: QueueIndex,
    pub(super) keys: KeyIndex,
    pub(super) tables: LiveTables,
    secret: u32,
    /// Says what must be there. Locked while segments are counted or deleted.
    marker: Mutex<Marker>,
    /// The position of the last checkpoint.
    position: AtomicU64,
    /// Held while a round is appended, so that a checkpoint has whole rounds.
    appending: Mutex<()>,
    /// The checkpoint that is being made, or has failed and is tried again.
    pending: Mutex<Option<Pending>>,
    /// The last checkpoint has failed.
    is_failing: AtomicBool,
    /// A lower bound of the records that rows point to.
    needed: Mutex<u64>,
}

struct Pending {
    checkpoint: Checkpoint,
    changes: Arc<Changes>,
}

impl State {
    pub(super) fn new(
        log: SegmentLog,
        queues: QueueIndex,
        keys: KeyIndex,
        tables: LiveTables,
        last: Checkpoint,
        marker: Marker,
    ) -> Self {
        Self {
            log,
            queues,
            keys,
            tables,
            secret: last.secret,
            marker: marker.into(),
            position: last.position.into(),
            appending: Mutex::default(),
            pending: Mutex::default(),
            is_failing: false.into(),
            needed: Mutex::default(),
        }
    }

    /// Appends a round. Returns the size of the rows that the next checkpoint will write.
    fn append(&self, round: Round, flush: Flush) -> Result<usize, StorageError> {
        let _appending = lock(&self.appending);
        self.log.append(&round, flush)?;
        if let Err(error) = self.index(&round) {
            // The log has the round, so the next start will have it in the indexes.
            self.log.fail();
            return Err(StorageError::write(error));
        }
        Ok(self.tables.apply(round.rows))
    }

    fn index(&self, round: &Round) -> Result<(), StorageError> {
        for record in &round.records {
            let size = record.record.len() as u32;
            let entry = QueueEntry { at: record.at, size, tag: record.tag };
            self.queues.push(record.queue, record.queue_offset, entry)?;
            record.keys.iter().for_each(|hash| self.keys.push(hash, record.at));
        }
        Ok(())
    }

    /// Makes a checkpoint of all rounds that have been appended.
    pub(super) fn checkpoint(&self) -> Result<(), StorageError> {
        let result = self.try_checkpoint();
        self.is_failing.store(result.is_err(), Ordering::Release);
        result
    }

    fn try_checkpoint(&self) -> Result<(), StorageError> {
        let mut slot = lock(&self.pending);
        let is_current = self.log.end() == self.position.load(Ordering::Acquire);
        if slot.is_none() && is_current && !self.queues.has_work() {
            return Ok(());
        }
        let pending = slot.get_or_insert_with(|| {
            let _appending = lock(&self.appending);
            let (position, time) = (self.log.end(), self.log.time());
            let segments = self.segments_before(position);
            let parts = Some(Parts { segments, runs: Vec::new() });
            let checkpoint = Checkpoint { position, time, secret: self.secret, parts };
            Pending { checkpoint, changes: self.tables.freeze() }
        });
        self.log.sync()?;
        let position = pending.checkpoint.position;
        let end = CommitLogOffset::new(position);
        self.queues.flush(end)?;
        self.keys.flush(end)?;
        if let Some(parts) = &mut pending.checkpoint.parts {
            parts.runs = self.keys.parts();
        }
        self.tables.commit(&pending.changes, &pending.checkpoint)?;
        self.position.store(position, Ordering::Release);
        if let Err(error) = lock(&self.marker).note(position) {
            // It only makes the loss of files more likely to be found.
            tracing::warn!(%error, "the position of a checkpoint could not be noted");
        }
        *slot = None;
        self.queues.checkpointed();
        if let Err(error) = self.keys.checkpointed() {
            // The checkpoint itself is complete. The next one tries again.
            let error = &error as &dyn std::error::Error;
            tracing::warn!(error, "files of the index could not be merged");
        }
        Ok(())
    }

    /// Returns the number of segments that were ever begun before this offset.
    fn segments_before(&self, position: u64) -> u64 {
        let marker = lock(&self.marker);
        marker.begin.deleted + self.log.count_before(position)
    }

    /// Deletes segments whose records were all stored before `oldest`.
    fn trim(&self, oldest: i64) -> Result<Vec<(u32, i64)>, StorageError> {
        // A full disk must not keep anything from being deleted.
        let begun = self.log.retire_before(oldest);
        let checkpointed = begun.and(self.checkpoint());
        let needs_room = checkpointed.is_err();
        match checkpointed {
            Err(error) if self.log.has_failed() => return Err(error),
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                tracing::warn!(error, "there was no checkpoint before old messages are deleted");
            }
            Ok(()) => {}
        }
        let needed = self.needed(oldest)?.min(self.position.load(Ordering::Acquire));
        let start = CommitLogOffset::new(self.delete_segments(oldest, needed, needs_room)?);
        self.keys.trim_before(start)?;
        self.queues.trim_before(start)
    }

    /// Deletes segments, and returns the offset of the first byte that is left.
    fn delete_segments(
        &self,
        oldest: i64,
        needed: u64,
        needs_room: bool,
    ) -> Result<u64, StorageError> {
        let mut marker = lock(&self.marker);
        let old = self.log.old_segments(oldest, needed);
        if old.count > 0 {
            // First, so that files that are missing were either deleted here or lost.
            let deleted = marker.begin.deleted + old.count as u64;
            let begin = Begin { start: old.end, deleted };
            marker.begin(begin).map_err(StorageError::write)?;
        }
        self.log.delete(old, needs_room).map_err(StorageError::write)
    }

    /// Returns an offset before which no row points to a record. Rows are read only if they may keep
    /// records that are old enough.
    fn needed(&self, oldest: i64) -> Result<u64, StorageError> {
        let mut needed = lock(&self.needed);
        if self.log.start_after(oldest) > *needed {
            // Before the scan: a row that is added meanwhile points to a later record.
            let mut first = self.log.end();
            for table in StorageTable::OF_RECORDS {
                self.tables.scan(table, &[]..&[0xff; 17], &mut |key, _| {
                    let at = StorageTable::record_of(key).map_or(0, CommitLogOffset::as_u64);
                    first = first.min(at);
                    ControlFlow::Continue(())
                })?;
            }
            *needed = first;
        }
        Ok(*needed)
    }
}

/// The thread that makes checkpoints.
pub(super) struct Checkpointer {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    state: State,
    /// The size of the log after a checkpoint at which the next one is made, in bytes.
    every: u64,
    progress: Mutex<Progress>,
    changed: Condvar,
    /// Checkpoints have failed for so long that no rounds are taken until one succeeds.
    is_behind: AtomicBool,
}

#[derive(Default)]
struct Progress {
    wanted: bool,
    /// The last checkpoint has failed.
    failed: bool,
    closed: bool,
}

impl Checkpointer {
    pub(super) fn start(state: State, every: u64) -> io::Result<Self> {
        let shared = Arc::new(Shared {
            state,
            every,
            progress: Mutex::default(),
            changed: Condvar::new(),
            is_behind: false.into(),
        });
        let running = Arc::clone(&shared);
        let name = "rocketmq-checkpoint".into();
        let thread = thread::Builder::new().name(name).spawn(move || running.run())?;
        Ok(Self { shared, thread: Some(thread) })
    }

    pub(super) fn state(&self) -> &State {
        &self.shared.state
    }

    /// Appends a round. Waits if more rows have changed than checkpoints have written.
    pub(super) fn append(&self, round: Round, flush: Flush) -> Result<(), StorageError> {
        let state = self.state();
        if self.shared.is_behind.load(Ordering::Acquire) {
            if state.is_failing.load(Ordering::Acquire) {
                self.shared.want(false);
                return Err(StorageError::Behind);
            }
            self.shared.is_behind.store(false, Ordering::Release);
        }
        let rows = state.append(round, flush)?;
        let bytes = state.log.end() - state.position.load(Ordering::Acquire);
        if rows > MAX_ROWS || bytes > self.shared.every {
            self.shared.want(rows > 2 * MAX_ROWS);
        }
        if rows > 2 * MAX_ROWS || bytes > self.shared.every.saturating_mul(MAX_BEHIND) {
            let is_failing = state.is_failing.load(Ordering::Acquire);
            self.shared.is_behind.store(is_failing, Ordering::Release);
        }
        Ok(())
    }

    pub(super) fn trim(&self, oldest: i64) -> Result<Vec<(u32, i64)>, StorageError> {
        self.state().trim(oldest)
    }

    /// Makes a checkpoint now.
    #[cfg(test)]
    pub(super) fn checkpoint(&self) -> Result<(), StorageError> {
        self.state().checkpoint()
    }
}

impl Drop for Checkpointer {
    fn drop(&mut self) {
        lock(&self.shared.progress).closed = true;
        self.shared.changed.notify_all();
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the thread that makes checkpoints panicked");
        }
    }
}

impl Shared {
    /// Has a checkpoint made soon; with `wait`, returns when it was made or has failed.
    fn want(&self, wait: bool) {
        let mut progress = lock(&self.progress);
        if !progress.wanted {
            progress.wanted = true;
            self.changed.notify_all();
        }
        if wait {
            let waits = |progress: &mut Progress| progress.wanted && !progress.failed;
            drop(self.changed.wait_while(progress, waits).unwrap_or_else(PoisonError::into_inner));
        }
    }

    /// Makes checkpoints until the store is closed, and a last one then.
    fn run(&self) {
        let mut next = Instant::now() + EVERY;
        loop {
            let progress = lock(&self.progress);
            let idle = |progress: &mut Progress| !progress.closed && !progress.wanted;
            let waited = self.changed.wait_timeout_while(progress, SYNC, idle);
            let (closed, wanted) = {
                let progress = waited.unwrap_or_else(PoisonError::into_inner).0;
                (progress.closed, progress.wanted)
            };
            let due = closed || wanted || Instant::now() >= next;
            let result =
                if due { self.state.checkpoint() } else { self.state.log.sync().map(drop) };
            if let Err(error) = &result {
                tracing::error!(error = error as &dyn std::error::Error, "a checkpoint failed");
            }
            if closed {
                return;
            }
            if due {
                next = Instant::now() + EVERY;
                let mut progress = lock(&self.progress);
                progress.wanted = false;
                progress.failed = result.is_err();
                self.changed.notify_all();
            }
            if result.is_err() {
                // Not again at once, though it may be wanted.
                let open = |progress: &mut Progress| !progress.closed;
                drop(self.changed.wait_timeout_while(lock(&self.progress), SYNC, open));
            }
        }
    }
}
