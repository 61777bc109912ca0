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

/// How many addresses a subscriber may lag behind before it misses some.
const ADDRESSES: usize = 1024;

/// Where connections report events.
pub(super) struct Queue {
    /// `None` when nobody listens.
    sender: Option<UnboundedSender<Queued>>,
    /// Bounds what is in the queue: connections wait for a permit before they send.
    places: Arc<Semaphore>,
    disconnected: broadcast::Sender<Addr>,
    /// `None` when there is no listener to be called.
    dispatcher: Option<Dispatcher>,
}

impl Queue {
    /// A queue that nobody takes events from: only addresses are broadcast.
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

    /// Starts the dispatcher, if there is one that does not run and there is a runtime.
    pub(super) fn start(&self) {
        if let Some(dispatcher) = &self.dispatcher {
            dispatcher.start();
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
            _ = sender.send(Queued::Event { event, _place: place });
        }
    }

    /// Waits until the dispatcher has delivered what is in the queue now.
    pub(super) fn flush(&self) -> impl Future<Output = ()> + Send + use<> {
        let started = self.dispatcher.as_ref().is_some_and(Dispatcher::is_started);
        let waiting = self.sender.clone().filter(|_| started).map(|sender| {
            let (delivered, answer) = oneshot::channel();
            // An error means that the dispatcher is gone, and is found below.
            _ = sender.send(Queued::Flush(delivered));
            (sender, answer)
        });
        async move {
            let Some((sender, mut answer)) = waiting else { return };
            // What is sent at the moment that the dispatcher goes may be left in the queue, without
            // an answer.
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
