use super::dispatcher::Dispatcher;
use super::event::Queued;
use super::{Event, EventListener, EventStream};
use rocketmq_tower_core::Addr;
use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, broadcast, oneshot};

/// Addresses that a subscriber may lag behind before it misses some.
const ADDRESSES: usize = 1024;

/// The queue that connections send events to.
pub(super) struct Queue {
    /// `None` without a listener or stream.
    sender: Option<UnboundedSender<Queued>>,
    /// Bounds the queue: connections wait for a permit before they send.
    places: Arc<Semaphore>,
    disconnected: broadcast::Sender<Addr>,
    /// `None` without a listener.
    dispatcher: Option<Dispatcher>,
}

impl Queue {
    /// Creates a queue without a receiver: only addresses are broadcast.
    pub(super) fn silent() -> Self {
        Self {
            sender: None,
            places: Arc::new(Semaphore::new(0)),
            disconnected: broadcast::Sender::new(ADDRESSES),
            dispatcher: None,
        }
    }

    pub(super) fn with_stream(capacity: usize) -> (Self, EventStream) {
        let (queue, receiver) = Self::new(capacity);
        (queue, EventStream::new(receiver))
    }

    pub(super) fn with_listener(capacity: usize, listener: Box<dyn EventListener>) -> Self {
        let (queue, receiver) = Self::new(capacity);
        Self { dispatcher: Some(Dispatcher::new(listener, receiver)), ..queue }
    }

    fn new(capacity: usize) -> (Self, UnboundedReceiver<Queued>) {
        let (sender, receiver) = mpsc::unbounded_channel();
        let places = Arc::new(Semaphore::new(capacity.clamp(1, Semaphore::MAX_PERMITS)));
        (Self { sender: Some(sender), places, ..Self::silent() }, receiver)
    }

    /// Starts the dispatcher, unless it already runs or there is no runtime.
    pub(super) fn start(&self) {
        if let Some(dispatcher) = &self.dispatcher {
            dispatcher.start();
        }
    }

    /// Returns the semaphore to acquire a permit from before sending; `None` without a receiver.
    pub(super) fn places(&self) -> Option<&Arc<Semaphore>> {
        self.sender.as_ref().filter(|sender| !sender.is_closed()).map(|_| &self.places)
    }

    pub(super) fn send(&self, event: Event, place: Option<OwnedSemaphorePermit>) {
        if let Event::Disconnected(channel, _) = &event {
            // An error means that there are no subscribers.
            _ = self.disconnected.send(channel.peer_addr().clone());
        }
        if let Some(sender) = &self.sender {
            // An error means that the stream was dropped.
            _ = sender.send(Queued::Event { event, _place: place });
        }
    }

    /// Waits until the dispatcher has delivered the events that are in the queue now.
    pub(super) fn flush(&self) -> impl Future<Output = ()> + Send + use<> {
        let started = self.dispatcher.as_ref().is_some_and(Dispatcher::is_started);
        let waiting = self.sender.clone().filter(|_| started).map(|sender| {
            let (delivered, answer) = oneshot::channel();
            // An error means that the dispatcher has ended; `closed` below finds that too.
            _ = sender.send(Queued::Flush(delivered));
            (sender, answer)
        });
        async move {
            let Some((sender, mut answer)) = waiting else { return };
            // A `Flush` sent while the dispatcher ends may stay in the queue, never to be
            // completed. So also wait for the queue to close.
            let mut gone = pin!(sender.closed());
            poll_fn(|cx| match gone.as_mut().poll(cx) {
                Poll::Ready(()) => Poll::Ready(()),
                Poll::Pending => pin!(&mut answer).poll(cx).map(|_| ()),
            })
            .await;
        }
    }

    pub(super) fn subscribe(&self) -> broadcast::Receiver<Addr> {
        self.disconnected.subscribe()
    }
}

impl fmt::Debug for Queue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Queue")
            .field("listening", &self.sender.is_some())
            .field("free", &self.places.available_permits())
            .finish_non_exhaustive()
    }
}
