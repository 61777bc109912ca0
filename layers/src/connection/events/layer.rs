use super::listener::FromFn;
use super::queue::Queue;
use super::{Event, EventListener, EventStream, Events};
use rocketmq_tower_core::Addr;
use std::future::Future;
use std::sync::Arc;
use tokio::sync::broadcast;
use tower_layer::Layer;

/// Default bound of the queue, in events.
const CAPACITY: usize = 1024;

/// Tells a listener when connections open, fail and close. See the [module's documentation](super).
#[derive(Clone, Debug)]
pub struct EventsLayer {
    queue: Arc<Queue>,
}

impl EventsLayer {
    /// Reports to `listener`, which is called in a task of its own. The task starts with the first
    /// connection, in that connection's runtime, and ends when that runtime does.
    #[must_use]
    pub fn new(listener: impl EventListener) -> Self {
        Self::with_capacity(CAPACITY, listener)
    }

    /// Reports to `listener`, with a queue of at most `events` events. Default: 1024.
    #[must_use]
    pub fn with_capacity(events: usize, listener: impl EventListener) -> Self {
        Self { queue: Arc::new(Queue::with_listener(events, Box::new(listener))) }
    }

    /// Reports to a closure.
    #[must_use]
    pub fn from_fn(listener: impl FnMut(Event) + Send + 'static) -> Self {
        Self::new(FromFn(listener))
    }

    /// Reports to the returned stream, with a queue of at most `capacity` events.
    #[must_use]
    pub fn stream(capacity: usize) -> (Self, EventStream) {
        let (queue, stream) = Queue::with_stream(capacity);
        (Self { queue: Arc::new(queue) }, stream)
    }

    /// Reports no events. Only [subscribers](Self::disconnected) to addresses are told.
    #[must_use]
    pub fn silent() -> Self {
        Self { queue: Arc::new(Queue::silent()) }
    }

    /// Waits until the listener has received every event sent before this call. Use it for an
    /// orderly shutdown, since the listener's task ends with the runtime.
    ///
    /// Resolves at once when no task calls a listener: with a [stream](Self::stream), without a
    /// listener ([`silent`](Self::silent)), before the first connection, or after the end of the
    /// runtime. It waits for a listener that blocks; add a timeout if that may happen.
    pub fn flush(&self) -> impl Future<Output = ()> + Send + use<> {
        self.queue.flush()
    }

    /// Subscribes to the addresses of peers whose connections close from now on. A receiver that
    /// falls more than 1024 addresses behind misses some, and gets a `Lagged` error.
    #[must_use]
    pub fn disconnected(&self) -> broadcast::Receiver<Addr> {
        self.queue.subscribe()
    }
}

impl<S> Layer<S> for EventsLayer {
    type Service = Events<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Events::new(inner, Arc::clone(&self.queue))
    }
}
