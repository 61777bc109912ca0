//! What a server puts around connections by itself, and what it takes to set it.

use super::{BoxConnectionService, Server};
use crate::service::ConnectionService;
use crate::stack::{self, Watched};
use rocketmq_tower_layers::events::EventListener;
use rocketmq_tower_layers::{ConnectionLimitLayer, EventsLayer, IdleTimeoutLayer};
use std::time::Duration;

/// What a [`Server`] puts around connections by itself: [`Guarded`] or [`Bare`].
pub trait Guards: sealed::Sealed {
    /// What the layers of the connection level are put around, given what drives connections.
    type Inner<Driving>;

    #[doc(hidden)]
    fn inside<Driving>(&self, driving: Driving) -> Self::Inner<Driving>;

    #[doc(hidden)]
    fn outside<Io, S>(&self, stack: S) -> BoxConnectionService<Io>
    where
        Io: Send + 'static,
        S: ConnectionService<Io>;

    #[doc(hidden)]
    fn events(&self) -> Option<EventsLayer>;
}

/// A limit of connections, an idle timeout and events: what [`Server::new`] has.
#[derive(Clone, Debug)]
pub struct Guarded {
    limit: ConnectionLimitLayer,
    idle_timeout: IdleTimeoutLayer,
    events: EventsLayer,
}

/// Nothing at all: what [`Server::bare`] has.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Bare;

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::Guarded {}
    impl Sealed for super::Bare {}
}

impl Default for Guarded {
    fn default() -> Self {
        Self {
            limit: ConnectionLimitLayer::new(1000),
            idle_timeout: IdleTimeoutLayer::default(),
            events: EventsLayer::silent(),
        }
    }
}

impl Guards for Guarded {
    type Inner<Driving> = Watched<Driving>;

    fn inside<Driving>(&self, driving: Driving) -> Watched<Driving> {
        stack::watched(driving, &self.events, self.idle_timeout)
    }

    fn outside<Io, S>(&self, stack: S) -> BoxConnectionService<Io>
    where
        Io: Send + 'static,
        S: ConnectionService<Io>,
    {
        stack::limited(stack, &self.limit)
    }

    fn events(&self) -> Option<EventsLayer> {
        Some(self.events.clone())
    }
}

impl Guards for Bare {
    type Inner<Driving> = Driving;

    fn inside<Driving>(&self, driving: Driving) -> Driving {
        driving
    }

    fn outside<Io, S>(&self, stack: S) -> BoxConnectionService<Io>
    where
        Io: Send + 'static,
        S: ConnectionService<Io>,
    {
        stack::boxed(stack)
    }

    fn events(&self) -> Option<EventsLayer> {
        None
    }
}

impl<P, R, C> Server<P, R, C, Guarded> {
    /// So many connections at a time; more wait in the kernel's queue. 1000 by default.
    #[must_use]
    pub fn max_connections(self, max: usize) -> Self {
        self.connection_limit(ConnectionLimitLayer::new(max))
    }

    /// Limits connections in this way, such as per address.
    #[must_use]
    pub fn connection_limit(mut self, limit: ConnectionLimitLayer) -> Self {
        self.guards.limit = limit;
        self
    }

    /// Closes connections on which nothing moved for this long. 120 s by default; `Duration::MAX`
    /// for never. Zero, which is never in Java, closes every connection at once.
    #[must_use]
    pub fn idle_timeout(mut self, limit: Duration) -> Self {
        self.guards.idle_timeout = IdleTimeoutLayer::new(limit);
        self
    }

    /// Reports events of connections to `listener`, in a task that belongs to the runtime of the
    /// first connection. This is one way of [`events`](Self::events):
    /// what is set last counts.
    #[must_use]
    pub fn listener(self, listener: impl EventListener) -> Self {
        self.events(EventsLayer::new(listener))
    }

    /// Reports events of connections in this way: to a closure, as a stream, as a broadcast of
    /// addresses. Replaces what was set before, by [`listener`](Self::listener) too.
    #[must_use]
    pub fn events(mut self, events: EventsLayer) -> Self {
        self.guards.events = events;
        self
    }
}
