use super::listener::FromFn;
use super::queue::Queue;
use super::{Event, EventListener, EventStream, Events};
use rocketmq_tower_core::Addr;
use std::future::Future;
use std::sync::Arc;
use tokio::sync::broadcast;
use tower_layer::Layer;

/// How many events may wait for the listener.
const CAPACITY: usize = 1024;

/// Tells a listener of connections that come, fail and go. See the [module's documentation](super).
#[derive(Clone, Debug)]
pub struct EventsLayer {
    queue: Arc<Queue>,
}

impl EventsLayer {
    /// Reports to `listener`, which is called in a task of its own. The task starts with the first
    /// connection, in that connection's runtime, and ends with it.
    #[must_use]
    pub fn new(listener: impl EventListener) -> Self {
        Self::with_capacity(CAPACITY, listener)
    }

    /// Reports to `listener`, with a queue for this many events instead of 1024.
    #[must_use]
    pub fn with_capacity(events: usize, listener: impl EventListener) -> Self {
        Self { queue: Arc::new(Queue::with_listener(events, Box::new(listener))) }
    }

    /// Reports to a closure.
    #[must_use]
    pub fn from_fn(listener: impl FnMut(Event) + Send + 'static) -> Self {
        Self::new(FromFn(listener))
    }

    /// Reports to whoever reads the stream, with a queue for this many events.
    #[must_use]
    pub fn stream(capacity: usize) -> (Self, EventStream) {
        let (queue, stream) = Queue::with_stream(capacity);
        (Self { queue: Arc::new(queue) }, stream)
    }

    /// Reports to nobody but those who [subscribe](Self::disconnected) to addresses.
    #[must_use]
    pub fn silent() -> Self {
        Self { queue: Arc::new(Queue::silent()) }
    }

    /// Waits until the listener has been told all events that were sent before this was called: for
    /// an orderly end, since the listener's task ends with the runtime.
    ///
    /// Resolves at once when no task calls a listener: with a [stream](Self::stream), with
    /// [nobody](Self::silent) to tell, before the first connection, or after the end of the
    /// runtime. A listener that blocks is waited for, so put a timeout around this if that may be.
    pub fn flush(&self) -> impl Future<Output = ()> + Send + use<> {
        self.queue.flush()
    }

    /// The addresses of peers whose connections are gone, from now on. A receiver that falls more
    /// than 1024 addresses behind misses some, and is told so.
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
