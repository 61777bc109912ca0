//! One round of the writer.

use super::write::{LogWrite, Visibility, WrittenMessages};
use super::writer::{WriteJob, WriteResultSender};
use super::{LogError, Queue, WriteChain, due_key};
use crate::Flush;
use crate::room::Taken;
use crate::statistics::Puts;
use crate::storage::{NewRecord, Round, Storage, StorageBatch, StorageError, StorageTable};
use rocketmq_tower::message::Position;
use std::sync::Arc;
use std::time::Duration;

/// Writes that are stored together.
#[derive(Default)]
pub(super) struct WriteRound {
    records: Vec<NewRecord>,
    /// The queue of each record.
    targets: Vec<WriteTarget>,
    rows: StorageBatch,
    size: usize,
    pending: Vec<PendingWrite>,
    /// The positions of the records, once they are stored.
    positions: Vec<Position>,
}

/// The queue of a record.
struct WriteTarget {
    queue: Arc<Queue>,
    visibility: Visibility,
    /// The size of the record, in bytes.
    size: usize,
}

/// A write of the round.
struct PendingWrite {
    done: Option<WriteResultSender>,
    /// The number of its records, which follow those of the write before it.
    records: usize,
    chain: Option<Arc<WriteChain>>,
    _room: Taken,
}

impl WriteRound {
    /// Returns the size of its writes, in bytes.
    pub(super) fn size(&self) -> usize {
        self.size
    }

    /// Returns the number of its messages.
    pub(super) fn messages(&self) -> usize {
        self.targets.len()
    }

    /// Adds a write, unless one before it in its chain has failed.
    pub(super) fn add(&mut self, job: WriteJob) {
        if job.chain.as_ref().is_some_and(|chain| chain.is_broken()) {
            if let Some(done) = job.done {
                _ = done.send(Err(LogError::Broken));
            }
            return;
        }
        self.size += job.write.size();
        let LogWrite { entries, rows } = job.write;
        self.pending.push(PendingWrite {
            done: job.done,
            records: entries.len(),
            chain: job.chain,
            _room: job.room,
        });
        for entry in entries {
            let size = entry.record.len();
            self.records.push(NewRecord {
                queue: entry.queue.number(),
                queue_offset: entry.queue.take_next(),
                record: entry.record,
                stored_at: 0,
                tag: entry.tag,
                keys: entry.keys,
                at: Default::default(),
            });
            self.targets.push(WriteTarget {
                queue: entry.queue,
                visibility: entry.visibility,
                size,
            });
        }
        self.rows.append(rows);
    }

    /// Stores the writes, at the offsets that the storage gives them; `now` is in ms since 1970.
    pub(super) fn store(
        &mut self,
        storage: &dyn Storage,
        flush: Flush,
        now: i64,
    ) -> Result<(), StorageError> {
        if self.pending.is_empty() {
            return Ok(());
        }
        let (records, rows) = (std::mem::take(&mut self.records), std::mem::take(&mut self.rows));
        let mut round = Round { records, rows };
        for record in &mut round.records {
            record.stored_at = now;
        }
        storage.place(&mut round)?;
        self.positions.reserve_exact(round.records.len());
        for (new, target) in round.records.iter_mut().zip(&self.targets) {
            let position = Position {
                queue_offset: new.queue_offset,
                commit_log_offset: new.at.as_i64(),
                store_timestamp: now,
            };
            // Not expected: the records come from this program's encoder.
            if let Err(error) = position.write_to(&mut new.record) {
                tracing::error!(%error, "a record is not a stored message");
            }
            self.positions.push(position);
            match target.visibility {
                Visibility::Visible => {}
                Visibility::DeliverAt(due) => {
                    round.rows.put(StorageTable::Scheduled, due_key(due, new.at), Vec::new());
                }
                Visibility::AfterCommit => {
                    round.rows.put(StorageTable::Prepared, new.at.key(), Vec::new());
                }
            }
        }
        storage.append(round, flush)
    }

    /// Makes the stored messages visible, and counts them. Storing them took this time.
    pub(super) fn publish(&self, puts: &Puts, took: Duration) {
        self.each_queue(Queue::publish);
        for target in &self.targets {
            target.queue.puts().add(target.size);
        }
        if !self.targets.is_empty() {
            puts.times.took(took, self.targets.len());
        }
    }

    /// Returns whether it has messages with a delivery time.
    pub(super) fn has_scheduled(&self) -> bool {
        let is_scheduled =
            |target: &WriteTarget| matches!(target.visibility, Visibility::DeliverAt(_));
        self.targets.iter().any(is_scheduled)
    }

    /// Tells the callers that their writes are stored.
    pub(super) fn complete(self) {
        let mut positions = self.positions.into_iter();
        for pending in self.pending {
            let mut own = positions.by_ref().take(pending.records);
            let written = own.next().map(|first| WrittenMessages {
                first,
                more: own.map(|position| position.commit_log_offset).collect(),
            });
            if let Some(done) = pending.done {
                // An error means that the caller has stopped waiting.
                _ = done.send(Ok(written));
            }
        }
    }

    /// Gives back the offsets of the queues, and tells the callers that nothing was stored.
    pub(super) fn fail(self, error: &LogError) {
        self.each_queue(Queue::take_back);
        for pending in self.pending {
            if let Some(chain) = pending.chain {
                chain.set_broken();
            }
            if let Some(done) = pending.done {
                _ = done.send(Err(error.clone()));
            }
        }
    }

    /// Calls `act` for the queues of the records, once for records of a queue that follow each other.
    fn each_queue(&self, act: impl Fn(&Queue)) {
        let mut queues = self.targets.iter().map(|target| &target.queue).peekable();
        while let Some(queue) = queues.next() {
            if queues.peek().is_none_or(|next| !Arc::ptr_eq(queue, next)) {
                act(queue);
            }
        }
    }
}
