//! A server that listens.

use super::accept::{Accepting, Ended};
use super::{BoxConnectionService, Connections, Listener};
use rocketmq_tower_core::{Addr, BoxError};
use rocketmq_tower_layers::EventsLayer;
use std::fmt;
use std::future::{Future, pending};
use std::io;
use std::time::Duration;
use tokio::time::{Instant, timeout};

/// The least time that the listener has for the last events.
const LAST_EVENTS: Duration = Duration::from_secs(1);

/// A server that listens, and is to be served.
pub struct BoundServer<L: Listener> {
    listener: L,
    service: BoxConnectionService<L::Io>,
    connections: Connections,
    /// What tells of connections, if anything does.
    events: Option<EventsLayer>,
    drain_deadline: Duration,
}

/// How a server ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Shutdown {
    /// How many connections it accepted in its life.
    pub accepted: u64,
    /// How many connections were still open when the drain deadline passed, and were cut. One that
    /// was closed already, and only had requests running whose answers could go nowhere, does not
    /// count.
    pub aborted: usize,
}

/// Why a server ended by itself.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// The connection level's stack takes no connections any more.
    #[error("the stack of the connection level failed")]
    Service(#[source] BoxError),
    /// The listener gave up, see [`Listener::failure`].
    #[error("no more connections can be accepted")]
    Accept(#[source] io::Error),
}

impl<L: Listener> BoundServer<L> {
    pub(super) fn new(
        listener: L,
        service: BoxConnectionService<L::Io>,
        connections: Connections,
        events: Option<EventsLayer>,
        drain_deadline: Duration,
    ) -> Self {
        Self { listener, service, connections, events, drain_deadline }
    }

    /// Where it listens.
    #[must_use]
    pub fn local_addr(&self) -> Addr {
        self.listener.local_addr()
    }

    /// A handle of its connections.
    #[must_use]
    pub fn connections(&self) -> Connections {
        self.connections.clone()
    }

    /// Serves until the listener ends, which sockets never do. Dropping the future cuts all
    /// connections.
    ///
    /// # Errors
    /// If the stack of the connection level fails for good, or the listener does.
    pub async fn serve(self) -> Result<Shutdown, ServeError> {
        self.serve_until(pending::<()>()).await
    }

    /// Serves until `signal` resolves, then shuts down gracefully.
    ///
    /// It stops listening and [drains](rocketmq_tower_core::Channel::drain) every connection: what
    /// was read is answered; new requests are sent away with `GO_AWAY`, if the peer's version
    /// knows that; and when nothing is left to do, the connection ends. Connections that have
    /// not ended at the drain deadline are cut. To shut down at once, drop the future.
    ///
    /// [Deferred](rocketmq_tower_core::RemotingCommand::defer) answers, such as parked long polls,
    /// hold a drain until they are given, or until the deadline. Whoever keeps them learns from
    /// [`Channel::draining`](rocketmq_tower_core::Channel::draining) that it is time to answer.
    ///
    /// At last the event listener is waited for, until the deadline and for a second at least, so
    /// that it has seen all connections go.
    ///
    /// # Errors
    /// If the stack of the connection level fails for good, or the listener does. The connections
    /// are drained all the same.
    pub async fn serve_until<S: Future>(self, signal: S) -> Result<Shutdown, ServeError> {
        let mut accepting = Accepting::new(self.service, self.connections);
        let ended = accepting.run(self.listener, signal).await;
        let draining = Instant::now();
        let shutdown = accepting.finish(self.drain_deadline).await;
        if let Some(events) = self.events {
            let left = self.drain_deadline.saturating_sub(draining.elapsed()).max(LAST_EVENTS);
            if timeout(left, events.flush()).await.is_err() {
                tracing::warn!("the event listener has not taken all events");
            }
        }
        match ended {
            Ended::Failed(error) => Err(error),
            Ended::Done => Ok(shutdown),
        }
    }
}

impl<L: Listener> fmt::Debug for BoundServer<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BoundServer")
            .field("local_addr", &self.local_addr())
            .field("connections", &self.connections.len())
            .field("drain_deadline", &self.drain_deadline)
            .finish_non_exhaustive()
    }
}
