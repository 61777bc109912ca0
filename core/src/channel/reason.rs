//! Why connections end.

use crate::codec::DecodeError;
use std::borrow::Cow;
use std::error::Error;
use std::fmt;
use std::io;
use std::sync::Arc;

/// Why a connection ended. The first cause counts.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum CloseReason {
    /// The peer ended it in an orderly way, between frames.
    PeerClosed,
    /// Nothing was read or written for too long.
    Idle,
    /// It was drained: what was running has been answered.
    Drained,
    /// A limit did not let it in.
    Refused(Cow<'static, str>),
    /// Somebody here called [`Channel::close`](super::Channel::close) with these words.
    Requested(Cow<'static, str>),
    /// The peer sent what is not a frame.
    Protocol(Arc<DecodeError>),
    /// Reading or writing failed.
    Io(Arc<io::Error>),
    /// A frame was begun, and no more of it came for too long, or it came too slowly.
    ReadStalled,
    /// The peer did not take what was written to it for too long.
    WriteStalled,
    /// The peer sent requests without reading the answers, past every bound.
    Flooded,
    /// The request service failed for good: its `poll_ready` returned this error.
    Service(Arc<dyn Error + Send + Sync>),
    /// The connection's future was dropped: its task was aborted or panicked, or a layer dropped
    /// it.
    Aborted,
}

impl CloseReason {
    /// Whether something went wrong, as opposed to an end that belongs to a connection's life.
    #[must_use]
    pub fn is_error(&self) -> bool {
        match self {
            Self::PeerClosed
            | Self::Idle
            | Self::Drained
            | Self::Refused(_)
            | Self::Requested(_) => false,
            Self::Protocol(_)
            | Self::Io(_)
            | Self::ReadStalled
            | Self::WriteStalled
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
            Self::Drained => f.write_str("the connection was drained"),
            Self::Refused(why) => write!(f, "the connection was refused: {why}"),
            Self::Requested(why) => f.write_str(why),
            Self::Protocol(_) => f.write_str("the peer violated the protocol"),
            Self::Io(_) => f.write_str("the connection failed"),
            Self::ReadStalled => f.write_str("the peer stalled inside a frame"),
            Self::WriteStalled => f.write_str("the peer stopped reading"),
            Self::Flooded => f.write_str("the peer sent requests without reading answers"),
            Self::Service(_) => f.write_str("the request service failed"),
            Self::Aborted => f.write_str("the connection was aborted"),
        }
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

/// The end of a connection: what the services of the connection level answer with.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Disconnect {
    /// Why it ended.
    pub reason: CloseReason,
}

impl Disconnect {
    /// An end for this reason.
    #[must_use]
    pub fn new(reason: CloseReason) -> Self {
        Self { reason }
    }
}
