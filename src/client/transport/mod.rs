//! Transports: the ways in which a client connects to a server.
//!
//! A [`Transport`] is a `Service<Addr>` whose response is a byte stream and a description of the
//! connection. There are [`TcpTransport`], the default; [`UnixTransport`] for Unix sockets;
//! `Socks5Transport` and `TlsTransport` with the features `socks5` and `tls`; and any service of
//! your own:
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

mod dialing;
mod error;
mod resolver;
mod service;
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

pub use crate::socket::TcpKeepalive;
pub(super) use dialing::dialing_until;
pub use error::ConnectError;
pub use service::Transport;
#[cfg(feature = "socks5")]
#[cfg_attr(docsrs, doc(cfg(feature = "socks5")))]
pub use socks5::Socks5Transport;
#[cfg(feature = "socks5")]
#[cfg_attr(docsrs, doc(cfg(feature = "socks5")))]
pub use socks5_error::Socks5Error;
pub use tcp::TcpTransport;
#[cfg(feature = "tls")]
#[cfg_attr(docsrs, doc(cfg(feature = "tls")))]
pub use tls::TlsTransport;
#[cfg(feature = "tls")]
#[cfg_attr(docsrs, doc(cfg(feature = "tls")))]
pub use tls_error::TlsError;
#[cfg(unix)]
#[cfg_attr(docsrs, doc(cfg(unix)))]
pub use unix::UnixTransport;
