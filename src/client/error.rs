//! Why calls fail.

use super::ConnectError;
use rocketmq_tower_core::channel::CallStage;
use rocketmq_tower_core::{Addr, CallError, CloseReason, texts_with_causes};
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

texts_with_causes! {
    no_connection(addr: Addr, source: Arc<ConnectError>) "no connection to {addr}", &**source;
    not_sent(addr: Addr, source: CallError) "the request to {addr} was not sent", source;
    closed(addr: Addr, source: CloseReason)
        "the connection to {addr} closed before the response came", source;
    hook_failed(source: Arc<dyn Error + Send + Sync>) "a hook failed", &**source;
}

/// Why a call of a [`Client`](super::Client) failed. A response with an error code is not a
/// failure.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InvokeError {
    /// There was no connection, and none could be opened.
    #[error(fmt = no_connection)]
    Connect {
        /// The address that was called.
        addr: Addr,
        /// Why connecting failed.
        source: Arc<ConnectError>,
    },
    /// The transport cannot read this text as an address. TCP needs `host:port`, with a port of 0 to
    /// 65535.
    #[error("{:?} is not an address, which is host:port", .addr.to_string())]
    InvalidAddr {
        /// The address that was called.
        addr: Addr,
    },
    /// The request was not sent. Its connections closed before it was written, twice, or the
    /// request cannot be encoded.
    #[error(fmt = not_sent)]
    NotSent {
        /// The address that was called.
        addr: Addr,
        /// Why it was not sent.
        source: CallError,
    },
    /// The deadline of the call passed before the response came.
    #[error("the call to {addr} timed out after {timeout:?} {stage}")]
    Timeout {
        /// The address that was called.
        addr: Addr,
        /// The timeout of the call.
        timeout: Duration,
        /// The stage that the call had reached.
        stage: CallStage,
    },
    /// The connection closed before the response came.
    #[error(fmt = closed)]
    Closed {
        /// The address that was called.
        addr: Addr,
        /// Why the connection closed.
        source: CloseReason,
    },
    /// The server answered `GO_AWAY`, and again over a new connection.
    #[error("{addr} answered GO_AWAY twice")]
    GoAway {
        /// The address that was called.
        addr: Addr,
    },
    /// The maximum number of calls is in flight, and the call has no time to wait.
    #[error("{limit} calls are in flight")]
    TooManyCalls {
        /// The client's limit.
        limit: usize,
    },
    /// The client has its maximum number of connections.
    #[error("the client has {limit} connections")]
    TooManyConnections {
        /// The client's limit.
        limit: usize,
    },
    /// A hook failed.
    #[error(fmt = hook_failed)]
    Hook(#[source] Arc<dyn Error + Send + Sync>),
    /// The list of name servers is empty.
    #[error("there is no name server to call")]
    NoNameServer,
    /// The client was shut down.
    #[error("the client was shut down")]
    ShutDown,
}

impl InvokeError {
    /// Returns whether no server can have acted on the request: it is safe to send it again, to the
    /// same server or another.
    #[must_use]
    pub fn is_unprocessed(&self) -> bool {
        match self {
            Self::Connect { .. }
            | Self::InvalidAddr { .. }
            | Self::NotSent { .. }
            | Self::GoAway { .. }
            | Self::TooManyCalls { .. }
            | Self::TooManyConnections { .. }
            | Self::NoNameServer
            | Self::ShutDown => true,
            Self::Timeout { stage, .. } => *stage != CallStage::Answer,
            // A hook may run after the response.
            Self::Closed { .. } | Self::Hook(_) => false,
        }
    }

    /// Returns whether the same call would fail in the same way again. Except for an invalid
    /// address, a call to another server would, too.
    pub(super) fn is_final(&self) -> bool {
        match self {
            Self::NotSent { source, .. } => matches!(source, CallError::Encode(_)),
            Self::InvalidAddr { .. } | Self::Hook(_) | Self::NoNameServer | Self::ShutDown => true,
            _ => false,
        }
    }

    /// Converts the error of connecting to `addr`.
    pub(super) fn from_connect(addr: &Addr, source: Arc<ConnectError>) -> Self {
        let addr = addr.clone();
        match &*source {
            ConnectError::InvalidAddr { .. } => Self::InvalidAddr { addr },
            _ => Self::Connect { addr, source },
        }
    }

    /// Converts the error of a channel to `addr`, for a call with this timeout.
    pub(super) fn from_call(addr: &Addr, error: CallError, timeout: Duration) -> Self {
        let addr = addr.clone();
        match error {
            CallError::Timeout { stage, .. } => Self::Timeout { addr, timeout, stage },
            CallError::Closed(source) => Self::Closed { addr, source },
            source => Self::NotSent { addr, source },
        }
    }
}
