//! A store that fails or blocks when the test wants it.

use crate::Flush;
use crate::log::CommitLogOffset;
use crate::storage::{
    MemoryStorage, QueueEntry, Reads, Round, Storage, StorageError, StorageTable, Visit,
};
use bytes::{Bytes, BytesMut};
use std::io;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex};
use tokio::sync::Notify;

#[derive(Default)]
pub(super) struct Faulty {
    memory: MemoryStorage,
    fails_to_read: AtomicBool,
    fails_to_write: AtomicBool,
    fails_for_good: AtomicBool,
    /// The number of writes that would change nothing.
    pub(super) empty_writes: AtomicUsize,
    /// Notified when an operation has failed.
    pub(super) failed: Notify,
    writes: Gate,
    reads: Gate,
}

/// A gate that is open at first.
#[derive(Default)]
struct Gate {
    closed: Mutex<bool>,
    opened: Condvar,
    /// Notified when somebody comes to the closed gate.
    reached: Notify,
}

impl Gate {
    fn close(&self, close: bool) {
        *self.closed.lock().unwrap() = close;
        self.opened.notify_all();
    }

    fn pass(&self) {
        let closed = self.closed.lock().unwrap();
        if *closed {
            self.reached.notify_one();
        }
        drop(self.opened.wait_while(closed, |closed| *closed).unwrap());
    }
}

impl Faulty {
    pub(super) fn fail_to_read(&self, fails: bool) {
        self.fails_to_read.store(fails, Ordering::SeqCst);
    }

    pub(super) fn fail_to_write(&self, fails: bool) {
        self.fails_to_write.store(fails, Ordering::SeqCst);
    }

    /// Fails all writes from now on, with the error of a store that has to be opened again.
    pub(super) fn fail_for_good(&self) {
        self.fails_for_good.store(true, Ordering::SeqCst);
    }

    /// Blocks writes from now on, or lets them go on.
    pub(super) fn hold_writes(&self, hold: bool) {
        self.writes.close(hold);
    }

    /// Resolves when a write is blocked.
    pub(super) async fn write_is_held(&self) {
        self.writes.reached.notified().await;
    }

    /// Blocks reads of records from now on, or lets them go on.
    pub(super) fn hold_reads(&self, hold: bool) {
        self.reads.close(hold);
    }

    /// Resolves when a read of a record is blocked.
    pub(super) async fn read_is_held(&self) {
        self.reads.reached.notified().await;
    }

    fn outcome(&self, fails: &AtomicBool) -> Result<(), StorageError> {
        if !fails.load(Ordering::SeqCst) {
            return Ok(());
        }
        self.failed.notify_one();
        Err(StorageError::Folder("the disk".into(), io::ErrorKind::StorageFull.into()))
    }
}

impl Storage for Faulty {
    fn scan(
        &self,
        table: StorageTable,
        range: Range<&[u8]>,
        visit: &mut Visit<'_>,
    ) -> Result<(), StorageError> {
        self.memory.scan(table, range, visit)
    }

    fn place(&self, round: &mut Round) -> Result<(), StorageError> {
        self.memory.place(round)
    }

    fn append(&self, round: Round, flush: Flush) -> Result<(), StorageError> {
        self.writes.pass();
        if round.records.is_empty() && round.rows.is_empty() {
            self.empty_writes.fetch_add(1, Ordering::SeqCst);
        }
        self.outcome(&self.fails_to_write)?;
        if self.fails_for_good.load(Ordering::SeqCst) {
            return Err(StorageError::Write(io::Error::from(io::ErrorKind::StorageFull).into()));
        }
        self.memory.append(round, flush)
    }

    fn record(&self, at: CommitLogOffset) -> Result<Option<Bytes>, StorageError> {
        self.reads.pass();
        self.outcome(&self.fails_to_read)?;
        self.memory.record(at)
    }

    fn is_recent(&self, _: CommitLogOffset) -> bool {
        false
    }

    fn entries(
        &self,
        queue: u32,
        offsets: Range<i64>,
        reads: Reads,
        entries: &mut Vec<QueueEntry>,
    ) -> Result<(), StorageError> {
        self.memory.entries(queue, offsets, reads, entries)
    }

    fn copy(
        &self,
        entries: &[QueueEntry],
        reads: Reads,
        body: &mut BytesMut,
    ) -> Result<(), StorageError> {
        if reads == Reads::Cached {
            return Err(StorageError::NotCached);
        }
        self.outcome(&self.fails_to_read)?;
        self.memory.copy(entries, reads, body)
    }

    fn bounds(&self, queue: u32) -> Result<Range<i64>, StorageError> {
        self.memory.bounds(queue)
    }

    fn log_bounds(&self) -> Range<u64> {
        self.memory.log_bounds()
    }

    fn first_time(&self) -> Result<Option<i64>, StorageError> {
        self.memory.first_time()
    }

    fn next_queue(&self) -> u32 {
        self.memory.next_queue()
    }

    fn find(&self, hash: u64, max: usize) -> Result<Vec<CommitLogOffset>, StorageError> {
        self.memory.find(hash, max)
    }

    fn trim(&self, oldest: i64) -> Result<Vec<(u32, i64)>, StorageError> {
        self.memory.trim(oldest)
    }
}
