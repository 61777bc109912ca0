//! The log of all messages, and its single writer.
//!
//! An acknowledged write survives the process; with [`Flush::Sync`], it survives the machine. The
//! writes that are pending are bounded by their size.

mod close;
mod commit_log_offset;
pub(crate) mod index;
mod queue;
mod round;
mod write;
mod writer;

use crate::Flush;
use crate::storage::{Storage, StorageError};
use bytes::Bytes;
pub(crate) use close::{LogGuard, close};
pub(crate) use commit_log_offset::CommitLogOffset;
pub(crate) use queue::{MAX_QUEUES, Queue};
use rocketmq_tower_core::sync::lock;
use std::io;
use std::sync::{Arc, Mutex};
use tokio::sync::{Notify, Semaphore, mpsc, oneshot};
use tokio::task::spawn_blocking;
use tokio_util::sync::{CancellationToken, DropGuard};
pub(crate) use write::{LogEntry, LogWrite, Visibility, Written};
use writer::{WriteJob, WriteResultSender, Writer};

/// The maximum size of all pending writes, in bytes; further writers wait.
const BUDGET: usize = 64 * 1024 * 1024;

/// Why a read or a write failed.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum LogError {
    #[error("the store failed")]
    Storage(#[source] Arc<StorageError>),
    #[error("the broker is shutting down")]
    Closed,
}

impl From<StorageError> for LogError {
    fn from(error: StorageError) -> Self {
        Self::Storage(Arc::new(error))
    }
}

/// A handle of the log. The writer ends when the last handle is dropped.
pub(crate) struct Log {
    storage: Arc<dyn Storage>,
    budget: Arc<Semaphore>,
    /// `None` once the log is closed.
    jobs: Mutex<Option<mpsc::UnboundedSender<WriteJob>>>,
    /// Cancelled when the writer has ended.
    ended: CancellationToken,
    scheduled: Arc<Notify>,
    failed: CancellationToken,
    /// Cancelled when the last handle of the log is dropped.
    released: CancellationToken,
    /// The last field: the store's handle is dropped before.
    _release: DropGuard,
}

impl Log {
    /// Starts the writer.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub(crate) fn start(storage: Arc<dyn Storage>, flush: Flush) -> io::Result<Self> {
        let (scheduled, failed) = (Arc::new(Notify::new()), CancellationToken::new());
        let (ended, released) = (CancellationToken::new(), CancellationToken::new());
        let budget = Arc::new(Semaphore::new(BUDGET));
        // Bounded by the budget, of which every job holds a part.
        let (jobs, receiver) = mpsc::unbounded_channel();
        let writer = Writer {
            storage: Arc::clone(&storage),
            flush,
            budget: Arc::clone(&budget),
            scheduled: Arc::clone(&scheduled),
            failed: failed.clone(),
            _ended: ended.clone().drop_guard(),
        };
        writer.start(receiver)?;
        Ok(Self {
            storage,
            budget,
            jobs: Mutex::new(Some(jobs)),
            ended,
            scheduled,
            failed,
            _release: released.clone().drop_guard(),
            released,
        })
    }

    /// Writes, and returns when the write is stored.
    pub(crate) async fn write(&self, write: LogWrite) -> Result<Written, LogError> {
        let (done, written) = oneshot::channel();
        self.send(write, Some(done)).await?;
        written.await.map_err(|_| LogError::Closed)?
    }

    /// Queues a write, and does not wait until it is stored. Its failure is only logged.
    pub(crate) async fn write_later(&self, write: LogWrite) -> Result<(), LogError> {
        self.send(write, None).await
    }

    async fn send(&self, write: LogWrite, done: Option<WriteResultSender>) -> Result<(), LogError> {
        // Checked here, as the writer puts many writes into one batch, which fails as a whole.
        write.rows.check()?;
        let cost = write.cost().min(BUDGET) as u32;
        let permit = self.budget.acquire_many(cost).await.map_err(|_| LogError::Closed)?;
        let jobs = lock(&self.jobs);
        let jobs = jobs.as_ref().ok_or(LogError::Closed)?;
        jobs.send(WriteJob { write, done, cost }).map_err(|_| LogError::Closed)?;
        // The writer gives it back.
        permit.forget();
        Ok(())
    }

    /// Accepts no more writes. The writer writes those that were accepted, and ends.
    fn stop(&self) {
        lock(&self.jobs).take();
    }

    /// Accepts no more writes, and returns when the writer has written those that were accepted.
    pub(crate) async fn close(&self) {
        self.stop();
        self.ended.cancelled().await;
    }

    /// Returns the encoded message at this offset.
    pub(crate) async fn record(&self, at: CommitLogOffset) -> Result<Option<Bytes>, LogError> {
        let recent = self.storage.is_recent(at);
        self.read(recent, move |storage| storage.record(at)).await
    }

    /// Reads from the store: at once if what is read is `recent`, so that it is in memory, or else on a
    /// thread that may wait for the disk.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        recent: bool,
        read: impl FnOnce(&dyn Storage) -> Result<T, StorageError> + Send + 'static,
    ) -> Result<T, LogError> {
        if recent {
            return Ok(read(&*self.storage)?);
        }
        let storage = Arc::clone(&self.storage);
        let read = spawn_blocking(move || read(&*storage)).await;
        Ok(read.map_err(|_| LogError::Closed)??)
    }

    /// Reads the bounds of the queue with this number from the store.
    pub(crate) fn recover(&self, number: u32) -> Result<Queue, LogError> {
        let bounds = self.storage.bounds(number)?;
        Ok(Queue::new(number, bounds.start, bounds.end))
    }

    /// Returns the storage. Its methods may block.
    pub(crate) fn storage(&self) -> &dyn Storage {
        &*self.storage
    }

    /// Returns a token that is cancelled when the store has failed for good.
    pub(crate) fn failed(&self) -> CancellationToken {
        self.failed.clone()
    }

    /// Resolves when messages with a delivery time were stored since the last call.
    pub(crate) async fn scheduled(&self) {
        self.scheduled.notified().await;
    }
}

/// Returns the key of the row of a message that is due at `due`, in ms since 1970. Keys are in order
/// of time.
pub(crate) fn due_key(due: i64, offset: CommitLogOffset) -> [u8; 16] {
    let mut key = [0; 16];
    key[..8].copy_from_slice(&due.max(0).to_be_bytes());
    key[8..].copy_from_slice(&offset.key());
    key
}
