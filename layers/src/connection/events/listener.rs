use super::Event;
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

/// A listener whose type is known at run time only.
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
