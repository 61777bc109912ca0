//! The thread that writes.

use super::write::{LogWrite, Visibility, Written};
use super::{LogError, Queue, index};
use crate::Flush;
use crate::clock;
use crate::storage::{Storage, StorageBatch, StorageTable};
use rocketmq_tower::message::Position;
use std::sync::Arc;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::{Notify, OwnedSemaphorePermit, oneshot};
use tokio_util::sync::CancellationToken;

/// A round ends when it has this many bytes.
const ROUND: usize = 1024 * 1024;

/// Where the result of a write goes.
pub(super) type Done = oneshot::Sender<Result<Written, LogError>>;

/// One write and who waits for it.
pub(super) struct WriteJob {
    pub(super) write: LogWrite,
    pub(super) done: Option<Done>,
    /// What it takes of the log's budget, given back when it is written.
    pub(super) permit: OwnedSemaphorePermit,
}

pub(super) struct Writer {
    pub(super) storage: Arc<dyn Storage>,
    pub(super) flush: Flush,
    /// Told when messages are due some time.
    pub(super) scheduled: Arc<Notify>,
    /// Told when nothing can be written any more.
    pub(super) failed: CancellationToken,
}

impl Writer {
    /// Writes until no more can come. All that came while the last round was written goes into one
    /// round, so that they share the wait for the disk.
    pub(super) fn run(self, mut jobs: UnboundedReceiver<WriteJob>) {
        while let Some(job) = jobs.blocking_recv() {
            let mut round = Round::default();
            round.add(job);
            while round.bytes < ROUND {
                let Ok(job) = jobs.try_recv() else { break };
                round.add(job);
            }
            self.finish(round);
        }
    }

    fn finish(&self, mut round: Round) {
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
                round.answer(Ok);
            }
            Err(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "writing failed");
                round.queues.iter().for_each(|queue| queue.take_back());
                if error.is_final() {
                    self.failed.cancel();
                }
                let error = LogError::Storage(Arc::new(error));
                round.answer(|_| Err(error.clone()));
            }
        }
    }
}

/// Who waits for a write, and how it went.
struct Waiting {
    done: Option<Done>,
    written: Written,
    /// Given back when this is dropped.
    _permit: OwnedSemaphorePermit,
}

/// What is written at once.
#[derive(Default)]
struct Round {
    batch: StorageBatch,
    bytes: usize,
    /// The queues that get messages, one after another.
    queues: Vec<Arc<Queue>>,
    trims: Vec<(Arc<Queue>, i64)>,
    scheduled: bool,
    waiting: Vec<Waiting>,
}

impl Round {
    fn add(&mut self, job: WriteJob) {
        self.bytes += job.write.cost();
        let LogWrite { entries, rows, trims } = job.write;
        let mut first = None;
        for entry in entries {
            let queue_offset = entry.queue.take_next();
            let place = entry.queue.commit_log_offset(queue_offset);
            let position = Position {
                queue_offset,
                commit_log_offset: place.as_i64(),
                store_timestamp: clock::now_ms(),
            };
            let mut record = entry.record;
            // Records come from this program's own encoder.
            if let Err(error) = position.write_to(&mut record) {
                tracing::error!(%error, "a record is not a message");
            }
            first.get_or_insert(position);
            self.batch.put(StorageTable::Messages, place.key(), record);
            for hash in entry.keys {
                self.batch.put(StorageTable::Keys, index::row(hash, place), Vec::new());
            }
            match entry.visibility {
                Visibility::Visible => {}
                Visibility::DeliverAt(due) => {
                    self.batch.put(StorageTable::Scheduled, super::due_key(due, place), Vec::new());
                    self.scheduled = true;
                }
                Visibility::AfterCommit => {
                    self.batch.put(StorageTable::Prepared, place.key(), Vec::new())
                }
            }
            let same = self.queues.last().is_some_and(|last| Arc::ptr_eq(last, &entry.queue));
            if !same {
                self.queues.push(entry.queue);
            }
        }
        self.batch.append(rows);
        self.trims.extend(trims);
        self.waiting.push(Waiting { done: job.done, written: first, _permit: job.permit });
    }

    fn answer(self, answer: impl Fn(Written) -> Result<Written, LogError>) {
        for waiting in self.waiting {
            if let Some(done) = waiting.done {
                // Who asked may have left.
                _ = done.send(answer(waiting.written));
            }
        }
    }
}
