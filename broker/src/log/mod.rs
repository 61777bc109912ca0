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
use crate::clock::BrokerClock;
use crate::refusal::refuse;
use crate::room::{Room, RoomLimits, Share, Taken};
use crate::statistics::{Puts, TopicPuts};
use crate::storage::{Reads, Storage, StorageError};
use bytes::Bytes;
pub(crate) use close::{LogGuard, close};
pub(crate) use commit_log_offset::CommitLogOffset;
pub(crate) use queue::{MAX_QUEUES, Queue};
use rocketmq_tower::{BoxError, ResponseCode};
use rocketmq_tower_core::sync::lock;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::{Notify, mpsc, oneshot};
use tokio::task::spawn_blocking;
use tokio::time::timeout;
use tokio_util::sync::{CancellationToken, DropGuard};
pub(crate) use write::{LogEntry, LogWrite, Visibility, Written};
use writer::{WriteJob, WriteResultSender, Writer};

/// The size of all pending writes, in bytes, and of those of a connection; further writers wait.
pub(crate) const WRITES: RoomLimits =
    RoomLimits { total: 64 * 1024 * 1024, share: 16 * 1024 * 1024, own: 64 * 1024 };

/// The maximum time that a request waits for room. Clients wait for an answer for 3 s by default.
const PATIENCE: Duration = Duration::from_secs(2);

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
    /// Stamps the messages.
    clock: Arc<BrokerClock>,
    puts: Arc<Puts>,
    room: Room,
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
        // Bounded by the room, of which every job holds a part.
        let (jobs, receiver) = mpsc::unbounded_channel();
        let (clock, puts) = (Arc::new(BrokerClock::default()), Arc::new(Puts::default()));
        let writer = Writer {
            storage: Arc::clone(&storage),
            clock: Arc::clone(&clock),
            puts: Arc::clone(&puts),
            flush,
            scheduled: Arc::clone(&scheduled),
            failed: failed.clone(),
            _ended: ended.clone().drop_guard(),
        };
        writer.start(receiver)?;
        Ok(Self {
            storage,
            clock,
            puts,
            room: Room::new(WRITES),
            jobs: Mutex::new(Some(jobs)),
            ended,
            scheduled,
            failed,
            _release: released.clone().drop_guard(),
            released,
        })
    }

    /// Takes room for a write, before its messages are copied, and waits for it for [`PATIENCE`].
    ///
    /// # Errors
    /// If there is no room in time: a refusal with `SYSTEM_BUSY`.
    pub(crate) async fn room_for(&self, share: &Share, bytes: usize) -> Result<Taken, BoxError> {
        // A timer costs something, and is nearly never needed.
        if let Some(room) = self.room.try_take(share, bytes) {
            return Ok(room);
        }
        timeout(PATIENCE, self.room.take(share, bytes)).await.map_err(|_| {
            let text = "too many messages wait to be written";
            refuse(ResponseCode::SYSTEM_BUSY, text)
        })
    }

    /// Returns the size of all pending writes of the room for all connections, in bytes.
    pub(crate) fn pending_bytes(&self) -> usize {
        WRITES.total.saturating_sub(self.room.free())
    }

    /// Returns how many bytes of pending writes there is room for.
    #[cfg(any(test, feature = "fuzzing"))]
    pub(crate) fn free_room(&self) -> usize {
        self.room.free()
    }

    /// Writes with the room that was taken, and returns when the write is stored. Does nothing if there is
    /// nothing to write: that would cost a flush.
    pub(crate) async fn write_in(&self, room: Taken, write: LogWrite) -> Result<Written, LogError> {
        if write.is_empty() {
            return Ok(None);
        }
        let (done, written) = oneshot::channel();
        self.send(room, write, Some(done))?;
        written.await.map_err(|_| LogError::Closed)?
    }

    /// Writes what the broker itself has to write, and returns when the write is stored.
    pub(crate) async fn write(&self, write: LogWrite) -> Result<Written, LogError> {
        self.write_in(self.room.take_of_total(write.size()).await, write).await
    }

    /// Queues a write, and does not wait until it is stored. Its failure is only logged.
    pub(crate) async fn write_later(&self, write: LogWrite) -> Result<(), LogError> {
        self.send(self.room.take_of_total(write.size()).await, write, None)
    }

    fn send(
        &self,
        room: Taken,
        write: LogWrite,
        done: Option<WriteResultSender>,
    ) -> Result<(), LogError> {
        // Checked here, as the writer puts many writes into one batch, which fails as a whole.
        write.rows.check()?;
        let jobs = lock(&self.jobs);
        let jobs = jobs.as_ref().ok_or(LogError::Closed)?;
        jobs.send(WriteJob { write, done, room }).map_err(|_| LogError::Closed)
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

    /// Reads from the store: at once if it does not wait for the disk, or else on a thread that may wait.
    /// `read` is called again then. `state` is what it needs, and is given back.
    pub(crate) async fn read_cached_first<S: Send + 'static, T: Send + 'static>(
        &self,
        mut state: S,
        read: fn(&mut S, &dyn Storage, Reads) -> Result<T, StorageError>,
    ) -> Result<(S, T), LogError> {
        match read(&mut state, &*self.storage, Reads::Cached) {
            Err(StorageError::NotCached) => {}
            done => return Ok((state, done?)),
        }
        self.read(false, move |storage| {
            let done = read(&mut state, storage, Reads::All)?;
            Ok((state, done))
        })
        .await
    }

    /// Reads the bounds of the queue with this number from the store. `puts` are those of its topic.
    pub(crate) fn recover(&self, number: u32, puts: &Arc<TopicPuts>) -> Result<Queue, LogError> {
        let bounds = self.storage.bounds(number)?;
        Ok(Queue::new(number, bounds.start, bounds.end, Arc::clone(puts)))
    }

    /// Returns the statistics of what is stored.
    pub(crate) fn puts(&self) -> &Arc<Puts> {
        &self.puts
    }

    /// Returns the broker's clock.
    pub(crate) fn clock(&self) -> &Arc<BrokerClock> {
        &self.clock
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
