use rocketmq_tower_core::{Channel, CloseReason};
use tokio::sync::{OwnedSemaphorePermit, oneshot};

/// Something that happened to a connection.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Event {
    /// There is a new connection.
    Connected(Channel),
    /// Nothing moved on the connection for too long, so it was closed.
    Idle(Channel),
    /// The connection failed for this reason.
    Exception(Channel, CloseReason),
    /// The connection is gone, for this reason.
    Disconnected(Channel, CloseReason),
}

impl Event {
    /// The connection's handle.
    #[must_use]
    pub fn channel(&self) -> &Channel {
        match self {
            Self::Connected(channel)
            | Self::Idle(channel)
            | Self::Exception(channel, _)
            | Self::Disconnected(channel, _) => channel,
        }
    }

    /// Why the connection failed or ended; `None` for `Connected`.
    #[must_use]
    pub const fn reason(&self) -> Option<&CloseReason> {
        match self {
            Self::Connected(_) => None,
            Self::Idle(_) => Some(&CloseReason::Idle),
            Self::Exception(_, reason) | Self::Disconnected(_, reason) => Some(reason),
        }
    }

    /// The name of the kind of event: `CONNECTED`, `IDLE`, `EXCEPTION` or `DISCONNECTED`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Connected(_) => "CONNECTED",
            Self::Idle(_) => "IDLE",
            Self::Exception(..) => "EXCEPTION",
            Self::Disconnected(..) => "DISCONNECTED",
        }
    }
}

/// An item of the queue between connections and the listener.
#[derive(Debug)]
pub(super) enum Queued {
    /// An event with its place in the queue. Aborted connections need no place.
    Event { event: Event, _place: Option<OwnedSemaphorePermit> },
    /// Answered when everything before it has been delivered.
    Flush(oneshot::Sender<()>),
}
