use super::{Event, EventListener, listener};
use futures_core::Stream;
use rocketmq_tower_core::Addr;
use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, broadcast, mpsc};

/// How many addresses a subscriber may lag behind before it misses some.
const ADDRESSES: usize = 1024;

/// An event and its place in the queue, which aborted connections do without.
type Queued = (Event, Option<OwnedSemaphorePermit>);

/// Where connections report events.
pub(super) struct Queue {
    /// `None` when nobody listens.
    sender: Option<mpsc::UnboundedSender<Queued>>,
    /// Bounds what is in the queue: connections wait for a permit before they send.
    places: Arc<Semaphore>,
    disconnected: broadcast::Sender<Addr>,
    /// The listener and its events, until the first connection starts the task that brings them
    /// together.
    idle: Mutex<Option<(Box<dyn EventListener>, EventStream)>>,
}

/// Events of connections, in order: [`recv`](Self::recv) them, or use it as a `Stream`.
///
/// When this is dropped, connections go on without reporting.
#[derive(Debug)]
pub struct EventStream {
    receiver: mpsc::UnboundedReceiver<Queued>,
}

impl Queue {
    /// A queue that nobody takes events from: only addresses are broadcast.
    pub(super) fn unheard() -> Self {
        Self {
            sender: None,
            places: Arc::new(Semaphore::new(0)),
            disconnected: broadcast::Sender::new(ADDRESSES),
            idle: Mutex::new(None),
        }
    }

    pub(super) fn with_stream(capacity: usize) -> (Self, EventStream) {
        let (sender, receiver) = mpsc::unbounded_channel();
        let places = capacity.clamp(1, Semaphore::MAX_PERMITS);
        let queue = Self {
            sender: Some(sender),
            places: Arc::new(Semaphore::new(places)),
            ..Self::unheard()
        };
        (queue, EventStream { receiver })
    }

    pub(super) fn with_listener(capacity: usize, listener: Box<dyn EventListener>) -> Self {
        let (mut queue, stream) = Self::with_stream(capacity);
        queue.idle = Mutex::new(Some((listener, stream)));
        queue
    }

    /// Starts the dispatcher, if there is one and it does not run. Must be called within a tokio
    /// runtime.
    pub(super) fn start(&self) {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some((listener, events)) = idle {
            tokio::spawn(listener::dispatch(listener, events));
        }
    }

    /// The places to wait for before sending, if somebody listens.
    pub(super) fn places(&self) -> Option<&Arc<Semaphore>> {
        self.sender.as_ref().filter(|sender| !sender.is_closed()).map(|_| &self.places)
    }

    pub(super) fn send(&self, event: Event, place: Option<OwnedSemaphorePermit>) {
        if let Event::Disconnected(channel, _) = &event {
            // An error means that nobody subscribed.
            _ = self.disconnected.send(channel.peer_addr().clone());
        }
        if let Some(sender) = &self.sender {
            // An error means that the stream was dropped.
            _ = sender.send((event, place));
        }
    }

    pub(super) fn subscribe(&self) -> broadcast::Receiver<Addr> {
        self.disconnected.subscribe()
    }
}

impl fmt::Debug for Queue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Queue").field("places", &self.places).finish_non_exhaustive()
    }
}

impl EventStream {
    /// The next event; `None` when no connection can report any more.
    pub async fn recv(&mut self) -> Option<Event> {
        self.receiver.recv().await.map(|(event, _)| event)
    }
}

impl Stream for EventStream {
    type Item = Event;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Event>> {
        self.receiver.poll_recv(cx).map(|queued| queued.map(|(event, _)| event))
    }
}
