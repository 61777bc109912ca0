//! Listeners: sources of connections.

mod errors;
mod into;
mod pair;
mod retry;
mod set;
mod source;
mod tcp;
#[cfg(unix)]
mod unix;

pub use crate::socket::TcpKeepalive;
pub use into::IntoListener;
pub use pair::ListenerPair;
pub use retry::Retry;
pub use set::ListenerSet;
pub use source::{Accept, Listener};
pub use tcp::{TcpAcceptor, TcpOptions};
