use super::event::Queued;
use super::{Event, EventListener};
use rocketmq_tower_core::error::catch_panic;
use rocketmq_tower_core::sync::lock;
use std::sync::Mutex;
use tokio::runtime::Handle;
use tokio::sync::mpsc::UnboundedReceiver;

/// Brings a listener and its events together, in a task of its own.
pub(super) struct Dispatcher {
    /// `None` as soon as there is a task for them.
    idle: Mutex<Option<Idle>>,
}

struct Idle {
    listener: Box<dyn EventListener>,
    events: UnboundedReceiver<Queued>,
}

impl Dispatcher {
    pub(super) fn new(listener: Box<dyn EventListener>, events: UnboundedReceiver<Queued>) -> Self {
        Self { idle: Mutex::new(Some(Idle { listener, events })) }
    }

    /// Starts the task, in the runtime that this is called in. Without one the listener waits for
    /// the next connection.
    pub(super) fn start(&self) {
        let Ok(runtime) = Handle::try_current() else { return };
        let idle = lock(&self.idle).take();
        if let Some(Idle { listener, events }) = idle {
            runtime.spawn(dispatch(listener, events));
        }
    }

    pub(super) fn is_started(&self) -> bool {
        lock(&self.idle).is_none()
    }
}

/// Delivers events until all layers and services that may send some are gone.
async fn dispatch(mut listener: Box<dyn EventListener>, mut events: UnboundedReceiver<Queued>) {
    while let Some(queued) = events.recv().await {
        match queued {
            Queued::Event { event, .. } => deliver(&mut *listener, &event),
            // An error means that whoever asked has lost interest.
            Queued::Flush(delivered) => _ = delivered.send(()),
        }
    }
}

fn deliver(listener: &mut dyn EventListener, event: &Event) {
    let deliver = || match event {
        Event::Connected(channel) => listener.connected(channel),
        Event::Idle(channel) => listener.idle(channel),
        Event::Exception(channel, reason) => listener.exception(channel, reason),
        Event::Disconnected(channel, reason) => listener.disconnected(channel, reason),
    };
    if let Err(panic) = catch_panic(deliver) {
        tracing::error!(event = event.name(), panic, "the event listener panicked");
    }
}
