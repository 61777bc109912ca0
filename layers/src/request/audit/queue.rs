use super::Event;
use rocketmq_tower_core::clock::now_ms;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// The handling of an event for which the queue has no room.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum WhenFull {
    /// It is dropped and counted, and the count is an event of its own ([`Event::Dropped`]).
    #[default]
    Drop,
    /// The response to the request waits for room.
    Wait,
}

/// An event with its place in the queue; without one, it exceeds the bound.
type Queued = (Event, Option<OwnedSemaphorePermit>);

/// The side of the queue that fills it.
#[derive(Debug)]
pub(super) struct Queue {
    sender: UnboundedSender<Queued>,
    pub(super) room: Arc<Semaphore>,
    /// The queue is half full when this many places or fewer are free.
    half: usize,
    half_full: Arc<Notify>,
    dropped: Arc<AtomicU64>,
    /// Whether it was logged that nobody receives any more.
    told: AtomicBool,
}

/// The side that empties it.
#[derive(Debug)]
pub(super) struct Drain {
    receiver: UnboundedReceiver<Queued>,
    half_full: Arc<Notify>,
    dropped: Arc<AtomicU64>,
}

pub(super) fn queue(capacity: usize) -> (Queue, Drain) {
    let (sender, receiver) = unbounded_channel();
    let capacity = capacity.clamp(1, Semaphore::MAX_PERMITS);
    let (half_full, dropped) = (Arc::<Notify>::default(), Arc::<AtomicU64>::default());
    let queue = Queue {
        sender,
        room: Arc::new(Semaphore::new(capacity)),
        half: capacity / 2,
        half_full: Arc::clone(&half_full),
        dropped: Arc::clone(&dropped),
        told: AtomicBool::new(false),
    };
    (queue, Drain { receiver, half_full, dropped })
}

impl Queue {
    /// Puts an event into the queue if there is room, and counts it otherwise.
    pub(super) fn offer(&self, event: Event) {
        match Arc::clone(&self.room).try_acquire_owned() {
            Ok(permit) => self.put(event, Some(permit)),
            Err(_) => _ = self.dropped.fetch_add(1, Ordering::Relaxed),
        }
    }

    /// Puts an event into a place that was taken before.
    pub(super) fn put(&self, event: Event, permit: Option<OwnedSemaphorePermit>) {
        if self.sender.send((event, permit)).is_err() && !self.told.swap(true, Ordering::Relaxed) {
            tracing::error!("nobody receives the events of an audit any more; they are lost");
        }
        if self.room.available_permits() <= self.half {
            self.half_full.notify_one();
        }
    }
}

impl Drain {
    /// Returns the next event; `None` once there will be none.
    pub(super) async fn next(&mut self) -> Option<Event> {
        if let Some(event) = self.take_dropped() {
            return Some(event);
        }
        match self.receiver.recv().await {
            Some((event, _place)) => Some(event),
            None => self.take_dropped(),
        }
    }

    /// Waits for `limit`, so that one wake serves many events; at most until the queue is half full.
    pub(super) async fn rest(&self, limit: Duration) {
        _ = timeout(limit, self.half_full.notified()).await;
    }

    /// Whether there is no event at the moment.
    pub(super) fn is_empty(&self) -> bool {
        self.receiver.is_empty() && self.dropped.load(Ordering::Relaxed) == 0
    }

    /// Events are only dropped while others are in the queue, so they are noticed soon.
    fn take_dropped(&self) -> Option<Event> {
        match self.dropped.swap(0, Ordering::Relaxed) {
            0 => None,
            count => Some(Event::Dropped { count, at: now_ms() }),
        }
    }
}
