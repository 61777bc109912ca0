//! The writer thread.

use super::LogError;
use super::round::WriteRound;
use super::write::{LogWrite, Written};
use crate::Flush;
use crate::storage::Storage;
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
            while round.bytes() < MAX_ROUND {
                let Ok(job) = jobs.try_recv() else { break };
                round.add(job);
            }
            self.finish(round);
        }
    }

    fn finish(&self, mut round: WriteRound) {
        match round.store(&*self.storage, self.flush) {
            Ok(()) => {
                round.publish();
                if round.has_scheduled() {
                    self.scheduled.notify_one();
                }
                round.complete();
            }
            Err(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "writing failed");
                if error.is_final() {
                    self.failed.cancel();
                }
                round.fail(&LogError::Storage(Arc::new(error)));
            }
        }
    }
}
