use rocketmq_tower_core::CloseReason;
use std::io;
use std::sync::Arc;
use std::time::Duration;

/// Why a connection was not passed to the inner service.
#[derive(Debug, thiserror::Error)]
pub(super) enum ProxyError {
    #[error("its address is not trusted to send a PROXY header")]
    NotTrusted,
    #[error("it does not begin with a PROXY header")]
    Missing,
    #[error("its PROXY header is malformed")]
    Malformed,
    #[error("its PROXY header of {length} bytes exceeds the limit of {max}")]
    TooLong { length: usize, max: usize },
    #[error("its PROXY header has no end within {max} bytes")]
    Endless { max: usize },
    #[error("it closed in the middle of a PROXY header")]
    EndInHeader,
    #[error("it sent no complete PROXY header within {0:?}")]
    Timeout(Duration),
    #[error("it closed without sending anything")]
    Closed,
    #[error("the server is draining its connections")]
    Drained,
    #[error("reading failed")]
    Io(#[source] io::Error),
}

impl ProxyError {
    /// Returns whether a trusted balancer violated the PROXY protocol.
    pub(super) fn is_the_balancers(&self) -> bool {
        matches!(
            self,
            Self::Missing | Self::Malformed | Self::TooLong { .. } | Self::Endless { .. }
        )
    }

    pub(super) fn into_reason(self) -> CloseReason {
        match self {
            Self::Closed => CloseReason::PeerClosed,
            Self::Drained => CloseReason::Drained,
            Self::Io(error) => CloseReason::Io(Arc::new(error)),
            refused => CloseReason::Refused(refused.to_string().into()),
        }
    }
}
