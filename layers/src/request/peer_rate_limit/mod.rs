//! How many requests a peer may send in a second.
//!
//! # What
//!
//! Requests are counted by the IP address of their peer, over all its connections. An address may
//! send so many a second, and so many at once; what is more is answered with `SYSTEM_BUSY` and
//! Java's text `[OVERLOAD]system busy, start flow control for a while`, by way of
//! [`Abort`](rocketmq_tower_core::Abort). Oneway requests are dropped. What was refused does not
//! count, so that a peer which goes on asking is served at its rate.
//!
//! All services of one layer value, or of its clones, share the count. IPv6 addresses are taken
//! together by their first 64 bits, which is what one customer has; see
//! [`ipv6_prefix`](PeerRateLimitLayer::ipv6_prefix). Requests of peers without an IP address are
//! not limited.
//!
//! There is an entry of some hundred bytes for each address that has a connection which has asked,
//! or has asked a moment ago, 100 000 at most
//! ([`max_peers`](PeerRateLimitLayer::max_peers)). Addresses for which there is no room share one
//! rate between them all.
//!
//! # Why
//!
//! One client that went wild, such as by a loop without a pause, is not to slow down the others.
//!
//! # When not
//!
//! Behind a balancer that hides its clients: they would share one rate. With the PROXY protocol
//! they do not. To bound all requests together, use [`work_queue`](crate::work_queue) or tower's
//! limits. To delay requests instead of refusing them, tower's `RateLimit` in a `Buffer`.
//!
//! A pull that waits counts when it comes. Not every request can be done without: heartbeats that
//! are refused let consumers lose their group. Put the layer around the routes that cost, such as
//! sends and pulls.
//!
//! # How it differs from Java
//!
//! Java's remoting has no such limit.
//!
//! # Where
//!
//! Inside of [`recover`](crate::recover), around a router or some of its routes. For a limit that
//! is shared between connections and stands inside of this layer, see
//! [`oneshot`](crate::oneshot).
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

mod bucket;
mod layer;
mod service;
mod table;

pub use crate::support::fallible::ResponseFuture;
pub use layer::PeerRateLimitLayer;
pub use service::PeerRateLimit;
