use super::{Event, EventStream};
use rocketmq_tower_core::error::catch_panic;
use rocketmq_tower_core::{Channel, CloseReason};

/// Receives the events of connections: RocketMQ's `ChannelEventListener`.
///
/// One task calls it, event by event, in order. It should not block for long: connections wait when
/// the queue is full. For asynchronous work take the [stream](super::EventsLayer::stream) instead.
/// A panic is logged, the next event comes all the same.
#[allow(unused_variables, reason = "the names are documentation")]
pub trait EventListener: Send + 'static {
    /// There is a new connection.
    fn connected(&mut self, channel: &Channel) {}

    /// Nothing moved on the connection for too long, so it was closed.
    fn idle(&mut self, channel: &Channel) {}

    /// The connection failed.
    fn exception(&mut self, channel: &Channel, reason: &CloseReason) {}

    /// The connection is gone.
    fn disconnected(&mut self, channel: &Channel, reason: &CloseReason) {}
}

/// A closure as a listener.
pub(super) struct FromFn<F>(pub(super) F);

impl<F: FnMut(Event) + Send + 'static> EventListener for FromFn<F> {
    fn connected(&mut self, channel: &Channel) {
        (self.0)(Event::Connected(channel.clone()));
    }

    fn idle(&mut self, channel: &Channel) {
        (self.0)(Event::Idle(channel.clone()));
    }

    fn exception(&mut self, channel: &Channel, reason: &CloseReason) {
        (self.0)(Event::Exception(channel.clone(), reason.clone()));
    }

    fn disconnected(&mut self, channel: &Channel, reason: &CloseReason) {
        (self.0)(Event::Disconnected(channel.clone(), reason.clone()));
    }
}

/// Delivers events until all layers and services that may send some are gone.
pub(super) async fn dispatch(mut listener: Box<dyn EventListener>, mut events: EventStream) {
    while let Some(event) = events.recv().await {
        let deliver = || match &event {
            Event::Connected(channel) => listener.connected(channel),
            Event::Idle(channel) => listener.idle(channel),
            Event::Exception(channel, reason) => listener.exception(channel, reason),
            Event::Disconnected(channel, reason) => listener.disconnected(channel, reason),
        };
        if let Err(panic) = catch_panic(deliver) {
            tracing::error!(event = event.name(), panic, "the event listener panicked");
        }
    }
}
