//! Why calls fail.

use super::ConnectError;
use rocketmq_tower_core::channel::CallStage;
use rocketmq_tower_core::{Addr, CallError, CloseReason};
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

/// Why a call of a [`Client`](super::Client) failed. An answer with an error code is an answer.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InvokeError {
    /// There was no connection, and none could be made.
    #[error("no connection to {addr}")]
    Connect {
        /// Who was called.
        addr: Addr,
        /// Why connecting failed.
        source: Arc<ConnectError>,
    },
    /// The request could not be sent: the connection closed just then, twice, or the request cannot
    /// be encoded.
    #[error("the request to {addr} was not sent")]
    NotSent {
        /// Who was called.
        addr: Addr,
        /// Why it was not sent.
        source: CallError,
    },
    /// The call's time was over before its answer came.
    #[error("the call to {addr} timed out after {timeout:?} {stage}")]
    Timeout {
        /// Who was called.
        addr: Addr,
        /// The time that the call was given.
        timeout: Duration,
        /// What it was waiting for.
        stage: CallStage,
    },
    /// The connection closed before the answer came.
    #[error("the connection to {addr} closed before the answer came")]
    Closed {
        /// Who was called.
        addr: Addr,
        /// Why the connection closed.
        source: CloseReason,
    },
    /// The server said `GO_AWAY`, and said so again on a fresh connection.
    #[error("{addr} sends everybody away")]
    GoAway {
        /// Who was called.
        addr: Addr,
    },
    /// Too many calls are under way, and the call was given no time to wait.
    #[error("{limit} calls are under way")]
    TooManyCalls {
        /// The client's bound.
        limit: usize,
    },
    /// The client has as many connections as it may have.
    #[error("the client has {limit} connections")]
    TooManyConnections {
        /// The bound.
        limit: usize,
    },
    /// A hook failed.
    #[error("a hook failed")]
    Hook(#[source] Arc<dyn Error + Send + Sync>),
    /// There is no name server to call.
    #[error("there is no name server to call")]
    NoNameServer,
    /// The client was shut down.
    #[error("the client was shut down")]
    ShutDown,
}

impl InvokeError {
    /// Whether no server can have acted on the request, so that sending it again, here or
    /// elsewhere, does no harm.
    #[must_use]
    pub fn is_unprocessed(&self) -> bool {
        match self {
            Self::Connect { .. }
            | Self::NotSent { .. }
            | Self::GoAway { .. }
            | Self::TooManyCalls { .. }
            | Self::TooManyConnections { .. }
            | Self::NoNameServer
            | Self::ShutDown => true,
            Self::Timeout { stage, .. } => *stage != CallStage::Answer,
            // The hook may be one that runs after the answer.
            Self::Closed { .. } | Self::Hook(_) => false,
        }
    }

    /// Whether the same request fails in the same way whenever and wherever it is sent again.
    pub(super) fn is_final(&self) -> bool {
        match self {
            Self::NotSent { source, .. } => matches!(source, CallError::Encode(_)),
            Self::Hook(_) | Self::NoNameServer | Self::ShutDown => true,
            _ => false,
        }
    }

    /// What the channel of `addr` says of a call that was given `timeout`.
    pub(super) fn from_call(addr: &Addr, error: CallError, timeout: Duration) -> Self {
        let addr = addr.clone();
        match error {
            CallError::Timeout { stage, .. } => Self::Timeout { addr, timeout, stage },
            CallError::Closed(source) => Self::Closed { addr, source },
            source => Self::NotSent { addr, source },
        }
    }
}
