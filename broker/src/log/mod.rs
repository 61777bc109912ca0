//! All messages, and the one thread that writes them.
//!
//! A write that was acknowledged is stored, however the process ends; with [`Flush::Sync`], however
//! the machine ends. What waits to be written is bounded by its size.

mod close;
mod commit_log_offset;
pub(crate) mod index;
mod queue;
mod write;
mod writer;

use crate::Flush;
use crate::storage::{Storage, StorageError, StorageTable};
pub(crate) use close::{LogGuard, close};
pub(crate) use commit_log_offset::{CommitLogOffset, MAX_QUEUES};
pub(crate) use queue::Queue;
use std::io;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use tokio::sync::{Notify, Semaphore, mpsc, oneshot};
use tokio_util::sync::{CancellationToken, DropGuard};
pub(crate) use write::{LogEntry, LogWrite, Visibility, Written};
use writer::{Done, WriteJob, Writer};

/// How many bytes may wait to be written; more senders wait.
const BUDGET: usize = 64 * 1024 * 1024;

/// Why something could not be stored.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum LogError {
    #[error("the store failed")]
    Storage(#[source] Arc<StorageError>),
    #[error("the broker shuts down")]
    Closed,
}

impl From<StorageError> for LogError {
    fn from(error: StorageError) -> Self {
        Self::Storage(Arc::new(error))
    }
}

/// The handle of the log.
pub(crate) struct Log {
    storage: Arc<dyn Storage>,
    budget: Arc<Semaphore>,
    /// `None` once the log is closed.
    jobs: Mutex<Option<mpsc::UnboundedSender<WriteJob>>>,
    writer: Mutex<Option<JoinHandle<()>>>,
    scheduled: Arc<Notify>,
    failed: CancellationToken,
    /// Cancelled when the last handle of the log is dropped.
    released: CancellationToken,
    /// The last field: the store's handle is dropped before.
    _release: DropGuard,
}

impl Log {
    /// Starts the writer.
    pub(crate) fn start(storage: Arc<dyn Storage>, flush: Flush) -> io::Result<Self> {
        let (scheduled, failed) = (Arc::new(Notify::new()), CancellationToken::new());
        let released = CancellationToken::new();
        // Not bounded by itself: whoever sends has a part of the budget.
        let (jobs, receiver) = mpsc::unbounded_channel();
        let writer = Writer {
            storage: Arc::clone(&storage),
            flush,
            scheduled: Arc::clone(&scheduled),
            failed: failed.clone(),
        };
        let writer =
            thread::Builder::new().name("rocketmq-log".into()).spawn(|| writer.run(receiver))?;
        Ok(Self {
            storage,
            budget: Arc::new(Semaphore::new(BUDGET)),
            jobs: Mutex::new(Some(jobs)),
            writer: Mutex::new(Some(writer)),
            scheduled,
            failed,
            _release: released.clone().drop_guard(),
            released,
        })
    }

    /// Stores all of `write`, and returns when it is stored.
    pub(crate) async fn write(&self, write: LogWrite) -> Result<Written, LogError> {
        let (done, written) = oneshot::channel();
        self.send(write, Some(done)).await?;
        written.await.map_err(|_| LogError::Closed)?
    }

    /// Has all of `write` stored some time soon.
    pub(crate) async fn write_later(&self, write: LogWrite) -> Result<(), LogError> {
        self.send(write, None).await
    }

    async fn send(&self, write: LogWrite, done: Option<Done>) -> Result<(), LogError> {
        // Here, where it fails alone: the writer makes one batch of many writes.
        write.rows.check()?;
        let cost = write.cost().min(BUDGET) as u32;
        let budget = Arc::clone(&self.budget);
        let permit = budget.acquire_many_owned(cost).await.map_err(|_| LogError::Closed)?;
        let jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        let jobs = jobs.as_ref().ok_or(LogError::Closed)?;
        jobs.send(WriteJob { write, done, permit }).map_err(|_| LogError::Closed)
    }

    /// Takes no more. What was accepted is written, and then the thread ends.
    fn stop(&self) {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    /// Writes what was accepted, and takes no more. Blocks until the thread has ended.
    pub(crate) fn close(&self) {
        self.stop();
        let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner).take();
        if writer.is_some_and(|writer| writer.join().is_err()) {
            tracing::error!("the writer panicked");
        }
    }

    /// The message that was put in this place, encoded.
    pub(crate) fn read(&self, place: CommitLogOffset) -> Result<Option<Vec<u8>>, LogError> {
        Ok(self.storage.get(StorageTable::Messages, &place.key())?)
    }

    /// Visits the messages of `queue` with offsets from `first` to before `end`, in order, until
    /// `visit` breaks.
    pub(crate) fn scan(
        &self,
        queue: &Queue,
        first: i64,
        end: i64,
        visit: &mut dyn FnMut(i64, &[u8]) -> ControlFlow<()>,
    ) -> Result<(), LogError> {
        // An offset below zero, such as the end of an empty queue less one, has no place.
        if first >= end {
            return Ok(());
        }
        let (first, end) =
            (queue.commit_log_offset(first).key(), queue.commit_log_offset(end).key());
        let visit = &mut |key: &[u8], record: &[u8]| match CommitLogOffset::from_key(key) {
            Some(place) => visit(place.queue_offset(), record),
            None => ControlFlow::Continue(()),
        };
        Ok(self.storage.scan(StorageTable::Messages, &first..&end, visit)?)
    }

    /// The queue with this number, as the store has it.
    pub(crate) fn recover(&self, number: u32) -> Result<Queue, LogError> {
        let all =
            (CommitLogOffset::new(number, 0).key(), CommitLogOffset::new(number + 1, 0).key());
        let range = &all.0[..]..&all.1[..];
        let (mut min, mut max) = (0, 0);
        self.storage.scan(StorageTable::Messages, range.clone(), &mut |key, _| {
            min = CommitLogOffset::from_key(key).map_or(0, CommitLogOffset::queue_offset);
            ControlFlow::Break(())
        })?;
        if let Some((key, _)) = self.storage.last(StorageTable::Messages, range)? {
            max = CommitLogOffset::from_key(&key).map_or(0, CommitLogOffset::queue_offset) + 1;
        }
        Ok(Queue::new(number, min, max))
    }

    /// The tables beside the messages.
    pub(crate) fn storage(&self) -> &dyn Storage {
        &*self.storage
    }

    /// A token that is cancelled when the store has failed for good.
    pub(crate) fn failed(&self) -> CancellationToken {
        self.failed.clone()
    }

    /// Resolves when messages were stored that are due some time.
    pub(crate) async fn scheduled(&self) {
        self.scheduled.notified().await;
    }
}

/// The row of a message that is due at `due`, in ms: rows are in order of time.
pub(crate) fn due_key(due: i64, place: CommitLogOffset) -> [u8; 16] {
    let mut key = [0; 16];
    key[..8].copy_from_slice(&due.max(0).to_be_bytes());
    key[8..].copy_from_slice(&place.key());
    key
}
