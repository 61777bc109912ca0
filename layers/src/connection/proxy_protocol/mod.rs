//! The PROXY protocol: who the client behind a balancer is.
//!
//! # What
//!
//! A balancer that speaks the [PROXY protocol] begins each connection with a header that names the
//! client. [`ProxyProtocol`] reads it, version 1 or 2, and sets the connection's peer address to
//! the client's: for events, hooks, logs and all layers inside. The balancer's own address, the
//! address that the client connected to, and what else the header says, are among the channel's
//! extensions as [`ProxyInfo`]. Headers that name nobody (`UNKNOWN` and `LOCAL`: the balancer's own
//! checks) and those that name Unix sockets leave the address as it is.
//!
//! Who names others must be trusted. Headers are taken from [trusted
//! networks](ProxyProtocolLayer::trust) alone, which at first are none:
//!
//! | a connection | [`required`](ProxyProtocolLayer::required) | [`optional`](ProxyProtocolLayer::optional) |
//! |---|---|---|
//! | from a trusted source, with a header | is the client's | is the client's |
//! | from a trusted source, without one | is refused | is the source's own |
//! | from another source | is refused before anything is read | is the source's own; a header would be a frame that makes no sense |
//!
//! A header must be complete within 10 s ([`timeout`](ProxyProtocolLayer::timeout)), a peer that is
//! trusted to send one must begin to speak in that time, and a header may have 4 KiB
//! ([`max_length`](ProxyProtocolLayer::max_length); one of version 1 never has more than 107
//! bytes). That, and what came in the same packet, is all that is read; it is put back. A
//! connection that is drained meanwhile ends.
//!
//! What fails ends with [`CloseReason::Refused`](rocketmq_tower_core::CloseReason::Refused), and the
//! reason; a header that makes no sense also makes a line in the log, as its source is trusted. A
//! balancer that connects and leaves without a word, as their checks do, is no failure. Events are
//! told of connections that got further: HAProxy's checks, if they send a header, do, and are then
//! reset, which is an EXCEPTION whose [`ProxyInfo`] names no client, or the balancer itself.
//!
//! # Why
//!
//! Behind a balancer all clients have its address: limits by address, lists and logs would be about
//! the balancer.
//!
//! # How it differs from Java
//!
//! Java looks for a header on every connection, and believes everybody. Java waits for twelve bytes
//! before it decides; here the first byte that cannot be a header's decides. Java shows TLVs with
//! printable values as attributes, and those within the one for TLS as if they were its equals;
//! here all are in [`ProxyInfo`], as they are. Neither checks the optional checksum.
//!
//! # When not
//!
//! Without a balancer that speaks it.
//!
//! # Where
//!
//! Outermost of what is added: outside of TLS, which begins after the header, and of everything
//! that asks for the peer's address. `connection_limit`'s bound per address, which stands outside
//! of it in a server, counts the balancer; for a bound per client put a
//! [`ConnectionLimitLayer`](crate::ConnectionLimitLayer) inside of this one.
//!
//! ```
//! use rocketmq_tower::layers::ProxyProtocolLayer;
//! use rocketmq_tower::{BoxError, Router, Server};
//!
//! async fn serve(router: Router) -> Result<(), BoxError> {
//!     let balancers = ["10.0.0.0/24".parse()?, "127.0.0.1".parse()?];
//!     let server = Server::new(router)
//!         .connection_layer(ProxyProtocolLayer::required().trust(balancers))
//!         .bind("0.0.0.0:10911")
//!         .await?;
//!     server.serve().await?;
//!     Ok(())
//! }
//! ```
//!
//! [PROXY protocol]: https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt

mod error;
mod future;
mod header;
mod info;
mod io;
mod layer;
mod service;
mod settings;

pub use future::ResponseFuture;
pub use info::ProxyInfo;
pub use io::ProxyIo;
pub use layer::ProxyProtocolLayer;
pub use service::ProxyProtocol;
