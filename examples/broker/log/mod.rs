//! All messages, and the one thread that writes them.
//!
//! A write that was acknowledged is stored, however the process ends; with [`Flush::Sync`], however
//! the machine ends. What waits to be written is bounded by its size.

pub(crate) mod index;
mod place;
mod queue;
mod write;
mod writer;

use crate::storage::{Flush, Storage, StorageError, Table};
pub(crate) use place::{MAX_QUEUES, Place};
pub(crate) use queue::Queue;
use std::io;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use tokio::sync::{Notify, Semaphore, mpsc, oneshot};
use tokio_util::sync::CancellationToken;
pub(crate) use write::{Entry, Then, Write, Written};
use writer::{Done, Job, Writer};

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
    jobs: Mutex<Option<mpsc::UnboundedSender<Job>>>,
    writer: Mutex<Option<JoinHandle<()>>>,
    scheduled: Arc<Notify>,
    broken: CancellationToken,
}

impl Log {
    /// Starts the writer.
    pub(crate) fn start(storage: Arc<dyn Storage>, flush: Flush) -> io::Result<Self> {
        let (scheduled, broken) = (Arc::new(Notify::new()), CancellationToken::new());
        // Not bounded by itself: whoever sends has a part of the budget.
        let (jobs, receiver) = mpsc::unbounded_channel();
        let writer = Writer {
            storage: Arc::clone(&storage),
            flush,
            scheduled: Arc::clone(&scheduled),
            broken: broken.clone(),
        };
        let writer = thread::Builder::new().name("log".into()).spawn(|| writer.run(receiver))?;
        Ok(Self {
            storage,
            budget: Arc::new(Semaphore::new(BUDGET)),
            jobs: Mutex::new(Some(jobs)),
            writer: Mutex::new(Some(writer)),
            scheduled,
            broken,
        })
    }

    /// Stores all of `write`, and returns when it is stored.
    pub(crate) async fn write(&self, write: Write) -> Result<Written, LogError> {
        let (done, written) = oneshot::channel();
        self.send(write, Some(done)).await?;
        written.await.map_err(|_| LogError::Closed)?
    }

    /// Has all of `write` stored some time soon.
    pub(crate) async fn write_later(&self, write: Write) -> Result<(), LogError> {
        self.send(write, None).await
    }

    async fn send(&self, write: Write, done: Option<Done>) -> Result<(), LogError> {
        // Here, where it fails alone: the writer makes one batch of many writes.
        write.rows.check()?;
        let cost = write.cost().min(BUDGET) as u32;
        let budget = Arc::clone(&self.budget);
        let permit = budget.acquire_many_owned(cost).await.map_err(|_| LogError::Closed)?;
        let jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        let jobs = jobs.as_ref().ok_or(LogError::Closed)?;
        jobs.send(Job { write, done, permit }).map_err(|_| LogError::Closed)
    }

    /// Writes what was accepted, and takes no more. Blocks until that is done.
    pub(crate) fn close(&self) {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner).take();
        let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner).take();
        if writer.is_some_and(|writer| writer.join().is_err()) {
            tracing::error!("the writer panicked");
        }
    }

    /// The message that was put in this place, encoded.
    pub(crate) fn read(&self, place: Place) -> Result<Option<Vec<u8>>, LogError> {
        Ok(self.storage.get(Table::Messages, &place.key())?)
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
        let (first, end) = (queue.place(first).key(), queue.place(end).key());
        let visit = &mut |key: &[u8], record: &[u8]| match Place::from_key(key) {
            Some(place) => visit(place.offset(), record),
            None => ControlFlow::Continue(()),
        };
        Ok(self.storage.scan(Table::Messages, &first..&end, visit)?)
    }

    /// The queue with this number, as the store has it.
    pub(crate) fn recover(&self, number: u32) -> Result<Queue, LogError> {
        let all = (Place::new(number, 0).key(), Place::new(number + 1, 0).key());
        let range = &all.0[..]..&all.1[..];
        let (mut min, mut max) = (0, 0);
        self.storage.scan(Table::Messages, range.clone(), &mut |key, _| {
            min = Place::from_key(key).map_or(0, Place::offset);
            ControlFlow::Break(())
        })?;
        if let Some((key, _)) = self.storage.last(Table::Messages, range)? {
            max = Place::from_key(&key).map_or(0, Place::offset) + 1;
        }
        Ok(Queue::new(number, min, max))
    }

    /// The tables beside the messages.
    pub(crate) fn storage(&self) -> &dyn Storage {
        &*self.storage
    }

    /// Resolves when the store has failed for good.
    pub(crate) async fn broken(&self) {
        self.broken.cancelled().await;
    }

    /// Whether the store has failed for good.
    pub(crate) fn is_broken(&self) -> bool {
        self.broken.is_cancelled()
    }

    /// Resolves when messages were stored that are due some time.
    pub(crate) async fn scheduled(&self) {
        self.scheduled.notified().await;
    }
}

/// The row of a message that is due at `due`, in ms: rows are in order of time.
pub(crate) fn due_key(due: i64, place: Place) -> [u8; 16] {
    let mut key = [0; 16];
    key[..8].copy_from_slice(&due.max(0).to_be_bytes());
    key[8..].copy_from_slice(&place.key());
    key
}
