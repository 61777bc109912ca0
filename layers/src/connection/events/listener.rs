use super::Event;
use rocketmq_tower_core::{Channel, CloseReason};

/// Receives the events of connections, like RocketMQ's `ChannelEventListener`.
///
/// One task calls it for each event, in order. It should not block for long: connections wait while
/// the queue is full. For asynchronous work use the [stream](super::EventsLayer::stream) instead. A
/// panic is logged, and delivery continues with the next event.
#[allow(unused_variables, reason = "the names are documentation")]
pub trait EventListener: Send + 'static {
    /// A connection was opened.
    fn connected(&mut self, channel: &Channel) {}

    /// The connection was closed by the idle timeout.
    fn idle(&mut self, channel: &Channel) {}

    /// The connection failed.
    fn exception(&mut self, channel: &Channel, reason: &CloseReason) {}

    /// The connection is closed.
    fn disconnected(&mut self, channel: &Channel, reason: &CloseReason) {}
}

/// Lets a `Box<dyn EventListener>` be used as a listener.
impl<L: EventListener + ?Sized> EventListener for Box<L> {
    fn connected(&mut self, channel: &Channel) {
        (**self).connected(channel);
    }

    fn idle(&mut self, channel: &Channel) {
        (**self).idle(channel);
    }

    fn exception(&mut self, channel: &Channel, reason: &CloseReason) {
        (**self).exception(channel, reason);
    }

    fn disconnected(&mut self, channel: &Channel, reason: &CloseReason) {
        (**self).disconnected(channel, reason);
    }
}

/// Uses a closure as a listener.
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
