use rocketmq_tower_core::{Channel, CloseReason};
use tokio::sync::{OwnedSemaphorePermit, oneshot};

/// Something that happened to a connection.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Event {
    /// A connection was opened.
    Connected(Channel),
    /// The connection was closed by the idle timeout, or by the read-idle timeout: the `Disconnected`
    /// that follows says which.
    Idle(Channel),
    /// The connection failed for this reason.
    Exception(Channel, CloseReason),
    /// The connection is closed, for this reason.
    Disconnected(Channel, CloseReason),
}

impl Event {
    /// Returns the connection's handle.
    pub fn channel(&self) -> &Channel {
        match self {
            Self::Connected(channel)
            | Self::Idle(channel)
            | Self::Exception(channel, _)
            | Self::Disconnected(channel, _) => channel,
        }
    }

    /// Returns why the connection failed or closed; `None` for `Connected`.
    #[must_use]
    pub const fn reason(&self) -> Option<&CloseReason> {
        match self {
            Self::Connected(_) => None,
            Self::Idle(_) => Some(&CloseReason::Idle),
            Self::Exception(_, reason) | Self::Disconnected(_, reason) => Some(reason),
        }
    }

    /// Returns the name of the kind of event: `CONNECTED`, `IDLE`, `EXCEPTION` or `DISCONNECTED`.
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
    /// An event and its permit for the queue. Aborted connections send without a permit.
    Event { event: Event, _place: Option<OwnedSemaphorePermit> },
    /// Completed when every earlier event has been delivered.
    Flush(oneshot::Sender<()>),
}
