//! One queue of a topic.

use crate::answers::LastAnswer;
use crate::statistics::TopicPuts;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use tokio::sync::Notify;

/// The maximum number of queues.
pub(crate) const MAX_QUEUES: u32 = 1 << 23;

/// The bounds of a queue, and a signal for new messages.
#[derive(Debug)]
pub(crate) struct Queue {
    /// Identifies the queue within the broker.
    number: u32,
    /// The offset of the first message that has not been deleted.
    min: AtomicI64,
    /// The offset after the last stored message.
    max: AtomicI64,
    /// The offset of the next message to write. Only the writer uses it.
    next: AtomicI64,
    arrived: Notify,
    /// The signal of all queues of the topic.
    arrivals: Arc<Notify>,
    last_answer: LastAnswer,
    /// Counts the messages that are stored in its topic.
    puts: Arc<TopicPuts>,
}

impl Queue {
    /// Creates a queue with the statistics and the signal of its topic.
    pub(crate) fn new(
        number: u32,
        Range { start: min, end: max }: Range<i64>,
        puts: Arc<TopicPuts>,
        arrivals: &Arc<Notify>,
    ) -> Self {
        Self {
            number,
            min: min.into(),
            max: max.into(),
            next: max.into(),
            arrived: Notify::new(),
            arrivals: Arc::clone(arrivals),
            last_answer: LastAnswer::default(),
            puts,
        }
    }

    pub(crate) fn number(&self) -> u32 {
        self.number
    }

    pub(crate) fn min(&self) -> i64 {
        self.min.load(Ordering::Acquire)
    }

    pub(crate) fn max(&self) -> i64 {
        self.max.load(Ordering::Acquire)
    }

    /// Returns the statistics of what is stored in its topic.
    pub(crate) fn puts(&self) -> &Arc<TopicPuts> {
        &self.puts
    }

    /// Returns the last large answer to a pull from this queue.
    pub(crate) fn last_answer(&self) -> &LastAnswer {
        &self.last_answer
    }

    /// Resolves when new messages are stored, beginning with those that are stored after this call.
    pub(crate) fn arrived(&self) -> tokio::sync::futures::Notified<'_> {
        self.arrived.notified()
    }

    /// Takes the offset for one more message.
    pub(super) fn take_next(&self) -> i64 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    /// Makes all messages visible whose offsets were taken: they are stored now.
    pub(super) fn publish(&self) {
        self.max.store(self.next.load(Ordering::Relaxed), Ordering::Release);
        self.arrived.notify_waiters();
        self.arrivals.notify_waiters();
    }

    /// Gives back the offsets of messages that could not be stored.
    pub(super) fn take_back(&self) {
        self.next.store(self.max(), Ordering::Relaxed);
    }

    /// Notes that the messages before `min` were deleted.
    pub(crate) fn trim(&self, min: i64) {
        self.min.fetch_max(min, Ordering::Release);
    }
}
