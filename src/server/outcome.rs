//! The results of serving.

use rocketmq_tower_core::{BoxError, texts_with_causes};
use std::io;

texts_with_causes! {
    stack_failed(source: BoxError) "the stack of the connection level failed", &**source;
    not_accepted(source: io::Error) "no more connections can be accepted", source;
}

/// The result of a shutdown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Shutdown {
    /// The number of connections that the server accepted in its lifetime.
    pub accepted: u64,
    /// The number of connections that were still open at the drain deadline, and were closed then.
    /// A connection does not count if it was already closed and only its requests were still
    /// running.
    pub aborted: usize,
}

/// Why a server stopped by itself.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// The stack of the connection level takes no more connections.
    #[error(fmt = stack_failed)]
    Service(#[source] BoxError),
    /// The listener gave up, see [`Listener::failure`](super::Listener::failure).
    #[error(fmt = not_accepted)]
    Accept(#[source] io::Error),
    /// The runtime of a [spawned](super::BoundServer::spawn) server was shut down.
    #[error("the runtime of the server was shut down")]
    Stopped,
}
