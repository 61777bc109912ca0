//! The writer thread.

use super::write::{LogWrite, Visibility, Written};
use super::{LogError, Queue, index};
use crate::Flush;
use crate::storage::{Storage, StorageBatch, StorageTable};
use rocketmq_tower::message::Position;
use rocketmq_tower_core::clock;
use std::sync::Arc;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::{Notify, OwnedSemaphorePermit, oneshot};
use tokio_util::sync::CancellationToken;

/// The size at which a round is full, in bytes.
const MAX_ROUND: usize = 1024 * 1024;

/// Sends the result of a write to its caller.
pub(super) type WriteResultSender = oneshot::Sender<Result<Written, LogError>>;

/// A write, and the sender of its result if its caller waits for it.
pub(super) struct WriteJob {
    pub(super) write: LogWrite,
    pub(super) done: Option<WriteResultSender>,
    /// Its part of the log's budget, given back when it is written.
    pub(super) permit: OwnedSemaphorePermit,
}

pub(super) struct Writer {
    pub(super) storage: Arc<dyn Storage>,
    pub(super) flush: Flush,
    /// Notified when messages with a delivery time were stored.
    pub(super) scheduled: Arc<Notify>,
    /// Cancelled when nothing can be written any more.
    pub(super) failed: CancellationToken,
}

impl Writer {
    /// Writes until all senders of jobs are dropped. All jobs that arrive while a round is written go
    /// into the next round, so that they share one flush.
    pub(super) fn run(self, mut jobs: UnboundedReceiver<WriteJob>) {
        while let Some(job) = jobs.blocking_recv() {
            let mut round = WriteRound::default();
            round.add(job);
            while round.bytes < MAX_ROUND {
                let Ok(job) = jobs.try_recv() else { break };
                round.add(job);
            }
            self.finish(round);
        }
    }

    fn finish(&self, mut round: WriteRound) {
        let batch = std::mem::take(&mut round.batch);
        match self.storage.write(batch, self.flush) {
            Ok(()) => {
                round.queues.iter().for_each(|queue| queue.publish());
                for (queue, min) in &round.trims {
                    queue.trim(*min);
                }
                if round.scheduled {
                    self.scheduled.notify_one();
                }
                round.complete(Ok);
            }
            Err(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "writing failed");
                round.queues.iter().for_each(|queue| queue.take_back());
                if error.is_final() {
                    self.failed.cancel();
                }
                let error = LogError::Storage(Arc::new(error));
                round.complete(|_| Err(error.clone()));
            }
        }
    }
}

/// A write of the current round.
struct PendingWrite {
    done: Option<WriteResultSender>,
    written: Written,
    /// Given back when this is dropped.
    _permit: OwnedSemaphorePermit,
}

/// Writes that go to the storage in one batch.
#[derive(Default)]
struct WriteRound {
    batch: StorageBatch,
    bytes: usize,
    /// The queues of new messages.
    queues: Vec<Arc<Queue>>,
    trims: Vec<(Arc<Queue>, i64)>,
    scheduled: bool,
    pending: Vec<PendingWrite>,
}

impl WriteRound {
    fn add(&mut self, job: WriteJob) {
        self.bytes += job.write.cost();
        let LogWrite { entries, rows, trims } = job.write;
        let mut first = None;
        for entry in entries {
            let queue_offset = entry.queue.take_next();
            let offset = entry.queue.commit_log_offset(queue_offset);
            let position = Position {
                queue_offset,
                commit_log_offset: offset.as_i64(),
                store_timestamp: clock::now_ms(),
            };
            let mut record = entry.record;
            // Not expected: the records come from this program's encoder.
            if let Err(error) = position.write_to(&mut record) {
                tracing::error!(%error, "a record is not a stored message");
            }
            first.get_or_insert(position);
            self.batch.put(StorageTable::Messages, offset.key(), record);
            for hash in entry.keys {
                self.batch.put(StorageTable::Keys, index::row(hash, offset), Vec::new());
            }
            match entry.visibility {
                Visibility::Visible => {}
                Visibility::DeliverAt(due) => {
                    self.batch.put(
                        StorageTable::Scheduled,
                        super::due_key(due, offset),
                        Vec::new(),
                    );
                    self.scheduled = true;
                }
                Visibility::AfterCommit => {
                    self.batch.put(StorageTable::Prepared, offset.key(), Vec::new())
                }
            }
            let same = self.queues.last().is_some_and(|last| Arc::ptr_eq(last, &entry.queue));
            if !same {
                self.queues.push(entry.queue);
            }
        }
        self.batch.append(rows);
        self.trims.extend(trims);
        self.pending.push(PendingWrite { done: job.done, written: first, _permit: job.permit });
    }

    fn complete(self, result: impl Fn(Written) -> Result<Written, LogError>) {
        for pending in self.pending {
            if let Some(done) = pending.done {
                // An error means that the caller has stopped waiting.
                _ = done.send(result(pending.written));
            }
        }
    }
}
