//! Limits the requests per second of each peer.
//!
//! # What
//!
//! Requests are counted per IP address of the peer, over all its connections. Each address has a
//! rate (requests per second) and a burst (requests at once). A request beyond them fails with an
//! [`Abort`](rocketmq_tower_core::Abort): the response has the code `SYSTEM_BUSY` and Java's remark
//! `[OVERLOAD]system busy, start flow control for a while`. Oneway requests are dropped. Refused
//! requests are not counted, so a peer that keeps sending is still served at its rate.
//!
//! All services of one layer value and of its clones share the counts. IPv6 addresses are grouped
//! by their first 64 bits, the usual allocation of one customer; see
//! [`ipv6_prefix`](PeerRateLimitLayer::ipv6_prefix). Requests of peers without an IP address are
//! not limited.
//!
//! Each address has an entry of some hundred bytes while one of its connections that has sent a
//! request is open, or until a full burst is available again. There are at most 100 000 entries
//! ([`max_peers`](PeerRateLimitLayer::max_peers)). Addresses beyond that share one rate.
//!
//! # Why
//!
//! A misbehaving client, such as one that retries in a loop without a pause, must not slow down the
//! others.
//!
//! # When not
//!
//! Behind a load balancer that hides its clients' addresses: they would share one rate. With the
//! PROXY protocol they do not. To bound all requests together, use
//! [`work_queue`](crate::work_queue) or tower's limits. To delay requests instead of refusing them,
//! use tower's `RateLimit` in a `Buffer`.
//!
//! A long-polling pull is counted when it arrives. Some requests must not be refused: a consumer
//! whose heartbeats are refused is removed from its group. Put the layer around the expensive
//! routes, such as sends and pulls.
//!
//! # How it differs from Java
//!
//! Java's remoting has no such limit.
//!
//! # Where
//!
//! Inside [`recover`](crate::recover), around a router or some of its routes. If a limit inside
//! this layer is shared between connections, see [`oneshot`](crate::oneshot).
//!
//! ```
//! use rocketmq_tower::layers::PeerRateLimitLayer;
//! use rocketmq_tower::{BoxError, Processor, RequestCode, Router, Server, ServiceBuilder};
//!
//! async fn serve(
//!     sends: impl Processor + Clone + Sync,
//!     others: impl Processor + Clone + Sync,
//! ) -> Result<(), BoxError> {
//!     let limit = PeerRateLimitLayer::new(1000).burst(5000);
//!     let router = Router::builder()
//!         .route(RequestCode::SEND_MESSAGE_V2, ServiceBuilder::new().layer(limit).service(sends))
//!         .fallback(others)
//!         .build()?;
//!     Server::new(router).bind("0.0.0.0:10911").await?.serve().await?;
//!     Ok(())
//! }
//! ```

mod layer;
mod service;
mod table;

pub use crate::support::fallible::ResponseFuture;
pub use layer::PeerRateLimitLayer;
pub use service::PeerRateLimit;
