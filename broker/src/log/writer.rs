//! The writer: the one that appends to the storage.

use super::LogError;
use super::round::WriteRound;
use super::write::{LogWrite, Written};
use crate::Flush;
use crate::clock::BrokerClock;
use crate::room::Taken;
use crate::statistics::Puts;
use crate::storage::{Storage, StorageError};
use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::thread;
use std::time::{Duration, Instant};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::{Notify, oneshot};
use tokio::task::{spawn_blocking, yield_now};
use tokio_util::sync::{CancellationToken, DropGuard};

/// The size at which a round is full, in bytes.
const MAX_ROUND: usize = 1024 * 1024;

/// The duration of a round from which on the system counts as slow: it waits for the disk.
const SLOW: Duration = Duration::from_millis(10);

/// The time for which rounds do not run on the runtime's workers after a slow one.
const CAUTION: Duration = Duration::from_secs(5);

/// Sends the result of a write to its caller.
pub(super) type WriteResultSender = oneshot::Sender<Result<Written, LogError>>;

/// A write, and the sender of its result if its caller waits for it.
pub(super) struct WriteJob {
    pub(super) write: LogWrite,
    pub(super) done: Option<WriteResultSender>,
    /// Its part of the log's room.
    pub(super) room: Taken,
}

pub(super) struct Writer {
    pub(super) storage: Arc<dyn Storage>,
    pub(super) clock: Arc<BrokerClock>,
    pub(super) puts: Arc<Puts>,
    pub(super) flush: Flush,
    /// Notified when messages with a delivery time were stored.
    pub(super) scheduled: Arc<Notify>,
    /// Cancelled when nothing can be written any more.
    pub(super) failed: CancellationToken,
    /// Cancels a token when the writer has ended. The last field: the storage's handle is dropped
    /// before.
    pub(super) _ended: DropGuard,
}

impl Writer {
    /// Starts the writer, which runs until all senders of jobs are dropped. All jobs that arrive while
    /// a round is written go into the next round, so that they share one flush.
    ///
    /// Writes that wait for the disk have a thread of their own. Without, the writer is a task: it runs
    /// when the task that has sent a job is done, on the same worker, and no thread has to be woken.
    pub(super) fn start(self, jobs: UnboundedReceiver<WriteJob>) -> io::Result<()> {
        match self.flush {
            Flush::Sync => {
                let run = || self.run_on_thread(jobs);
                thread::Builder::new().name("rocketmq-log".into()).spawn(run).map(drop)
            }
            Flush::Async => {
                tokio::spawn(self.run_on_runtime(jobs));
                Ok(())
            }
        }
    }

    fn run_on_thread(self, mut jobs: UnboundedReceiver<WriteJob>) {
        while let Some(job) = jobs.blocking_recv() {
            let mut round = WriteRound::of(job, &mut jobs);
            let begin = Instant::now();
            let stored = round.store(&*self.storage, self.flush, self.clock.now_ms());
            self.finish(round, stored, begin.elapsed());
        }
    }

    async fn run_on_runtime(self, mut jobs: UnboundedReceiver<WriteJob>) {
        let mut careful_until = None;
        while let Some(job) = jobs.recv().await {
            // Other connections that have requests take their turn first, so that theirs go into this round.
            yield_now().await;
            let mut round = WriteRound::of(job, &mut jobs);
            let begin = Instant::now();
            let stored = if careful_until.is_some_and(|until| begin < until) {
                let (storage, flush) = (Arc::clone(&self.storage), self.flush);
                let now = self.clock.now_ms();
                let store = move || {
                    let stored = round.store(&*storage, flush, now);
                    (round, stored)
                };
                // It ends without a result if the runtime shuts down.
                let Ok(done) = spawn_blocking(store).await else { return };
                round = done.0;
                done.1
            } else {
                round.store(&*self.storage, self.flush, self.clock.now_ms())
            };
            let end = Instant::now();
            if end - begin > SLOW {
                careful_until = Some(end + CAUTION);
            }
            self.finish(round, stored, end - begin);
        }
    }

    fn finish(&self, round: WriteRound, stored: Result<(), StorageError>, took: Duration) {
        match stored {
            Ok(()) => {
                round.publish(&self.puts, took);
                if round.has_scheduled() {
                    self.scheduled.notify_one();
                }
                round.complete();
            }
            Err(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "writing failed");
                self.puts.failed.fetch_add(round.messages() as u64, Relaxed);
                if error.is_final() {
                    self.failed.cancel();
                }
                round.fail(&LogError::Storage(Arc::new(error)));
            }
        }
    }
}

impl WriteRound {
    /// Takes the jobs that are there, beginning with `first`, until the round is full.
    fn of(first: WriteJob, jobs: &mut UnboundedReceiver<WriteJob>) -> Self {
        let mut round = Self::default();
        round.add(first);
        while round.size() < MAX_ROUND {
            let Ok(job) = jobs.try_recv() else { break };
            round.add(job);
        }
        round
    }
}
