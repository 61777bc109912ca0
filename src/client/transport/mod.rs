//! How a client gets the bytes of a connection.
//!
//! A transport is a `Service<Addr>` that answers with the bytes' source and what is known of the
//! connection: [`TcpTransport`] by default, [`UnixTransport`] for Unix sockets, `Socks5Transport` and `TlsTransport` with the features of
//! these names, or any service of one's own:
//!
//! ```
//! use rocketmq_tower::client::Connector;
//! use rocketmq_tower::{Addr, BoxError, ChannelInfo, service_fn};
//! use tokio::io::DuplexStream;
//!
//! let in_memory = service_fn(|addr: Addr| async move {
//!     let (ours, _theirs) = tokio::io::duplex(1024);
//!     Ok::<(DuplexStream, ChannelInfo), BoxError>((ours, ChannelInfo::new(Addr::Unnamed, addr)))
//! });
//! let connector = Connector::new().transport(in_memory);
//! ```

mod error;
#[cfg(feature = "socks5")]
mod socks5;
#[cfg(feature = "socks5")]
mod socks5_error;
mod tcp;
#[cfg(feature = "tls")]
mod tls;
#[cfg(feature = "tls")]
mod tls_error;
#[cfg(unix)]
mod unix;

pub use error::ConnectError;
#[cfg(feature = "socks5")]
pub use socks5::Socks5Transport;
#[cfg(feature = "socks5")]
pub use socks5_error::Socks5Error;
pub use tcp::TcpTransport;
#[cfg(feature = "tls")]
pub use tls::TlsTransport;
#[cfg(feature = "tls")]
pub use tls_error::TlsError;
#[cfg(unix)]
pub use unix::UnixTransport;

use rocketmq_tower_core::{BoxError, ChannelInfo};
use std::future::Future;
use std::pin::Pin;

/// A socket to be.
type Connecting<Io> = Pin<Box<dyn Future<Output = Result<(Io, ChannelInfo), ConnectError>> + Send>>;

impl ConnectError {
    /// What a transport failed with.
    pub(super) fn from_transport(error: BoxError) -> Self {
        match error.downcast::<Self>() {
            Ok(error) => *error,
            Err(error) => Self::Transport(error),
        }
    }
}
