use super::event::Queued;
use super::{Event, EventListener};
use crate::support::task::spawn_on;
use rocketmq_tower_core::error::catch_panic;
use rocketmq_tower_core::sync::lock;
use std::sync::Mutex;
use tokio::runtime::Handle;
use tokio::sync::mpsc::UnboundedReceiver;

/// Delivers events to a listener, in a task of its own.
pub(super) struct Dispatcher {
    /// `None` once the task has started.
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

    /// Starts the task in the current runtime. Outside of a runtime, does nothing: the next
    /// connection tries again.
    pub(super) fn start(&self) {
        let Ok(runtime) = Handle::try_current() else { return };
        let idle = lock(&self.idle).take();
        if let Some(Idle { listener, events }) = idle {
            spawn_on(&runtime, "rocketmq events", dispatch(listener, events));
        }
    }

    pub(super) fn is_started(&self) -> bool {
        lock(&self.idle).is_none()
    }
}

/// Delivers events until all layers and services that may send some are dropped.
async fn dispatch(mut listener: Box<dyn EventListener>, mut events: UnboundedReceiver<Queued>) {
    while let Some(queued) = events.recv().await {
        match queued {
            Queued::Event { event, .. } => deliver(&mut *listener, &event),
            // An error means that the caller of `flush` no longer waits.
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
