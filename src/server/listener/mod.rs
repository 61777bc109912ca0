//! Listeners: sources of connections.

mod errors;
#[cfg(unix)]
mod inherited;
mod into;
mod pair;
mod queue;
mod retry;
mod set;
#[cfg(unix)]
mod socket;
mod source;
mod tcp;
#[cfg(unix)]
mod unix;

pub use crate::socket::TcpKeepalive;
#[cfg(unix)]
pub use inherited::{InheritError, Inherited, InheritedSocket, from_env};
pub use into::IntoListener;
pub use pair::ListenerPair;
pub use retry::Retry;
pub use set::ListenerSet;
#[cfg(unix)]
pub use socket::SocketAcceptor;
pub use source::{Accept, Listener};
pub use tcp::{TcpAcceptor, TcpOptions};
#[cfg(unix)]
pub use unix::UnixAcceptor;
