//! Why connections close.

use crate::codec::DecodeError;
use crate::error::write_causes;
use std::borrow::Cow;
use std::error::Error;
use std::fmt;
use std::io;
use std::sync::Arc;

/// Why a connection closed. If there are several causes, the first one is reported.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum CloseReason {
    /// The peer closed the connection, between two frames.
    PeerClosed,
    /// No byte was read or written during the idle timeout.
    Idle,
    /// The peer sent nothing during the read-idle timeout.
    ReadIdle,
    /// The connection was drained: the requests in flight were answered, and then it closed.
    Drained,
    /// The connection had reached its maximum age.
    MaxAge,
    /// A layer, such as a connection limit, refused the connection. The text says why.
    Refused(Cow<'static, str>),
    /// [`Channel::close`](super::Channel::close) was called with this text.
    Requested(Cow<'static, str>),
    /// The peer sent an invalid frame.
    Protocol(Arc<DecodeError>),
    /// Reading or writing failed.
    Io(Arc<io::Error>),
    /// A frame that had begun to arrive was not complete in time.
    ReadStalled,
    /// The peer did not read the output in time.
    WriteStalled,
    /// The peer left calls unanswered, and sent nothing else.
    AnswerStalled,
    /// The peer sent requests without reading the responses.
    Flooded,
    /// The request service failed: its `poll_ready` returned this error, or panicked.
    Service(Arc<dyn Error + Send + Sync>),
    /// The connection's future was dropped: its task was aborted or panicked, or a layer dropped
    /// it.
    Aborted,
}

impl CloseReason {
    /// Whether the connection failed. False if it closed in an orderly way.
    #[must_use]
    pub fn is_error(&self) -> bool {
        match self {
            Self::PeerClosed
            | Self::Idle
            | Self::ReadIdle
            | Self::Drained
            | Self::MaxAge
            | Self::Refused(_)
            | Self::Requested(_) => false,
            Self::Protocol(_)
            | Self::Io(_)
            | Self::ReadStalled
            | Self::WriteStalled
            | Self::AnswerStalled
            | Self::Flooded
            | Self::Service(_)
            | Self::Aborted => true,
        }
    }
}

impl fmt::Display for CloseReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PeerClosed => f.write_str("the peer closed the connection"),
            Self::Idle => f.write_str("the connection was idle"),
            Self::ReadIdle => f.write_str("the peer was silent"),
            Self::Drained => f.write_str("the connection was drained"),
            Self::MaxAge => f.write_str("the connection reached its maximum age"),
            Self::Refused(why) => write!(f, "the connection was refused: {why}"),
            Self::Requested(why) => f.write_str(why),
            Self::Protocol(_) => f.write_str("the peer violated the protocol"),
            Self::Io(_) => f.write_str("the connection failed"),
            Self::ReadStalled => f.write_str("the peer stalled inside a frame"),
            Self::WriteStalled => f.write_str("the peer stopped reading"),
            Self::AnswerStalled => f.write_str("the peer stopped answering"),
            Self::Flooded => f.write_str("the peer sent requests without reading responses"),
            Self::Service(_) => f.write_str("the request service failed"),
            Self::Aborted => f.write_str("the connection was aborted"),
        }?;
        self.source().map_or(Ok(()), |cause| write_causes(f, cause))
    }
}

impl Error for CloseReason {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Protocol(error) => Some(&**error),
            Self::Io(error) => Some(&**error),
            Self::Service(error) => Some(&**error),
            _ => None,
        }
    }
}

/// Describes how a connection ended: the response of a connection-level service.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Disconnect {
    /// Why the connection closed.
    pub reason: CloseReason,
}

impl Disconnect {
    /// Creates the response for a connection that closed for `reason`.
    #[must_use]
    pub fn new(reason: CloseReason) -> Self {
        Self { reason }
    }
}
