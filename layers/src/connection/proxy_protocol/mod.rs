//! The PROXY protocol: the address of a client behind a load balancer.
//!
//! # What
//!
//! A balancer that speaks the [PROXY protocol] begins each connection with a header that names the
//! client. [`ProxyProtocol`] reads it, version 1 or 2, and sets the connection's peer address to
//! the client's, for events, hooks, logs and all inner layers. The balancer's own address, the
//! address that the client connected to, and the rest of the header are in the channel's
//! extensions, as [`ProxyInfo`]. Headers without a client (`UNKNOWN` and `LOCAL`: the balancer's
//! health checks) and headers that name Unix sockets leave the address as it is.
//!
//! A header can name any address, so its sender must be trusted. Headers are accepted from [trusted
//! networks](ProxyProtocolLayer::trust) only; by default no network is trusted:
//!
//! | a connection | [`required`](ProxyProtocolLayer::required) | [`optional`](ProxyProtocolLayer::optional) |
//! |---|---|---|
//! | from a trusted source, with a header | has the client's address | has the client's address |
//! | from a trusted source, without a header | is refused | has the source's address |
//! | from another source | is refused before anything is read | has the source's address; a header would be read as a malformed frame |
//!
//! A header must be complete within 10 s ([`timeout`](ProxyProtocolLayer::timeout)). A trusted peer
//! that sends no header must send its first bytes within the same time. A header may have at most 4
//! KiB ([`max_length`](ProxyProtocolLayer::max_length); version 1 allows at most 107 bytes).
//! Nothing is read beyond the header but bytes that arrived with it; those are put back. A
//! connection that is drained meanwhile is closed.
//!
//! On failure the connection is closed with
//! [`CloseReason::Refused`](rocketmq_tower_core::CloseReason::Refused) and the reason. A malformed
//! header is also logged, since its source is trusted. A balancer's check that connects and closes
//! without sending anything is not a failure. Events are reported only for connections that get
//! past this layer. HAProxy's checks do if they send a header; they are then reset, which is an
//! EXCEPTION whose [`ProxyInfo`] names no client, or the balancer itself.
//!
//! # Why
//!
//! Behind a balancer all clients have the balancer's address, so limits per address, IP lists and
//! logs would be about the balancer.
//!
//! # How it differs from Java
//!
//! Java looks for a header on every connection, and trusts every peer. Java waits for twelve bytes
//! before it decides; here the first byte that cannot belong to a header decides. Java exposes TLVs
//! with printable values as attributes, and flattens those nested in the TLS one; here all are in
//! [`ProxyInfo`], unchanged. Neither checks the optional checksum.
//!
//! # When not
//!
//! Without a balancer that speaks the protocol.
//!
//! # Where
//!
//! Outermost of the layers you add: outside TLS, which begins after the header, and outside every
//! layer that uses the peer's address. In a server, `connection_limit` is outside this layer, so
//! its bound per address counts the balancer. For a bound per client add a
//! [`ConnectionLimitLayer`](crate::ConnectionLimitLayer) inside this layer.
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
