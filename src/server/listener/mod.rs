//! Listeners: sources of connections.

mod errors;
mod retry;
mod source;
mod tcp;
#[cfg(unix)]
mod unix;

pub use retry::Retry;
pub use source::{Accept, Listener};
pub use tcp::{TcpAcceptor, TcpOptions};
