//! Why calls over a channel fail.

use super::CloseReason;
use crate::codec::EncodeError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

crate::texts_with_causes! {
    closed(source: CloseReason) "the connection closed before the response arrived", source;
    not_sent(source: CloseReason) "the connection closed before the request was sent", source;
    not_encoded(source: Arc<EncodeError>) "the request cannot be encoded", &**source;
}

/// Why a call over a [`Channel`](super::Channel) failed.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CallError {
    /// The timeout elapsed before the response arrived.
    #[error("the call timed out after {timeout:?} {stage}")]
    Timeout {
        /// The call's timeout.
        timeout: Duration,
        /// The stage that the call had reached.
        stage: CallStage,
    },
    /// The connection closed before the response arrived. The peer may have processed the request.
    #[error(fmt = closed)]
    Closed(#[source] CloseReason),
    /// The connection closed before the request was written. The peer has not seen the request.
    #[error(fmt = not_sent)]
    NotSent(#[source] CloseReason),
    /// The request cannot be encoded. Nothing was sent; the connection stays open.
    #[error(fmt = not_encoded)]
    Encode(#[source] Arc<EncodeError>),
    /// The connection has its maximum number of requests in flight, and the caller did not want to
    /// wait.
    #[error("too many requests are in flight on the connection")]
    Full,
    /// `call` was called before `poll_ready` returned `Ready`.
    #[error("the channel was called before it was ready")]
    NotReady,
}

/// The stage that a call had reached when its timeout elapsed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CallStage {
    /// Waiting for a permit: the connection, or the client, had its maximum number of calls in
    /// flight.
    Capacity,
    /// Waiting for a connection. Does not occur on a [`Channel`](super::Channel), whose connection
    /// is already open.
    Connection,
    /// Waiting for the peer's response.
    Answer,
}

impl fmt::Display for CallStage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Capacity => "while waiting for a call permit",
            Self::Connection => "while waiting for the connection",
            Self::Answer => "while waiting for the response",
        })
    }
}
