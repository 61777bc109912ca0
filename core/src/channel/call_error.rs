//! Why calls over a channel fail.

use super::CloseReason;
use crate::codec::EncodeError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// Why a call over a [`Channel`](super::Channel) failed.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CallError {
    /// The timeout elapsed before the response arrived.
    #[error("the call timed out after {timeout:?} {stage}")]
    Timeout {
        /// The call's timeout.
        timeout: Duration,
        /// What the call was waiting for.
        stage: CallStage,
    },
    /// The connection closed before the response arrived. The peer may have processed the request.
    #[error("the connection closed before the response arrived")]
    Closed(#[source] CloseReason),
    /// The connection closed before the request was written. The peer has not seen the request.
    #[error("the connection closed before the request was sent")]
    NotSent(#[source] CloseReason),
    /// The request cannot be encoded. Nothing was sent; the connection stays open.
    #[error("the request cannot be encoded")]
    Encode(#[source] Arc<EncodeError>),
    /// The connection has as many requests in flight as it may have, and the caller did not want to
    /// wait.
    #[error("too many requests are in flight on the connection")]
    Full,
    /// `call` was called before `poll_ready` returned `Ready`.
    #[error("the channel was called before it was ready")]
    NotReady,
}

/// What a call was waiting for when its timeout elapsed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CallStage {
    /// A permit: the connection, or the client, had as many calls in flight as it may have.
    Capacity,
    /// The connection. Does not occur on a [`Channel`](super::Channel), which is one.
    Connection,
    /// The response of the peer.
    Answer,
}

impl fmt::Display for CallStage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Capacity => "while waiting for a free call slot",
            Self::Connection => "while waiting for the connection",
            Self::Answer => "while waiting for the response",
        })
    }
}
