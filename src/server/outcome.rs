//! How serving ends.

use rocketmq_tower_core::BoxError;
use std::io;

/// How a server ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Shutdown {
    /// The number of connections that the server accepted in its lifetime.
    pub accepted: u64,
    /// The number of connections that were still open at the drain deadline, and were closed then.
    /// A connection that was closed before and only had requests running, whose responses could not
    /// be sent, does not count.
    pub aborted: usize,
}

/// Why a server ended by itself.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// The stack of the connection level does not take connections any more.
    #[error("the stack of the connection level failed")]
    Service(#[source] BoxError),
    /// The listener gave up, see [`Listener::failure`](super::Listener::failure).
    #[error("no more connections can be accepted")]
    Accept(#[source] io::Error),
}
