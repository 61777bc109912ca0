//! The traffic log: counts requests and responses by code.
//!
//! # What
//!
//! [`CodeDistribution`] counts requests by request code and responses by response code. Once a
//! second (see [`period`](CodeDistributionLayer::period)) it logs the counts since the last log, at
//! level INFO with the target `RocketmqTraffic`, in Java's format:
//!
//! ```text
//! Port: 10911, RequestCode Distribution: {11:3, 310:120}
//! Port: 10911, ResponseCode Distribution: {0:121, 19:2}
//! ```
//!
//! A line whose counts are all zero is not logged. The port is the local port of the first
//! request's connection. [`CodeDistributionLayer::traffic`] gives the totals at any time.
//!
//! # Why
//!
//! The log alone shows what clients do, without a metrics system.
//!
//! # How it differs from Java
//!
//! Java counts every command that its decoder and encoder see, in both directions. A layer sees
//! only the requests and responses that pass through it. It does not see the responses that the
//! driver itself gives while it drains or is flooded. It does not see this side's own calls, unless
//! the layer is around the [`Channel`](rocketmq_tower_core::Channel) too. An error is counted under
//! the response code that [`recover`](crate::recover) will give it. Deferred responses are counted
//! when they are sent. Codes are in ascending order. Reading the totals does not reset them.
//!
//! # Bounds
//!
//! At most 256 request codes and 256 response codes have their own counts, since peers may send any
//! number; all others are counted together, as `other`. One task logs for all services that one
//! layer value or a clone of it wraps. It starts with the first request in a tokio runtime, and
//! ends when the layer, its services and its [`Traffic`] handles are dropped.
//!
//! # Cost
//!
//! About 50 ns per request (`benches/micro/request_layers.rs`), and an allocation per deferred one.
//!
//! # When not
//!
//! Together with the layer `metrics`, which counts the same and more.
//!
//! # Where
//!
//! Outermost of your request layers, so that refused requests are counted.
//!
//! ```
//! use rocketmq_tower::layers::CodeDistributionLayer;
//! use rocketmq_tower::{BoxError, Router, Server};
//!
//! async fn serve(router: Router) -> Result<(), BoxError> {
//!     let distribution = CodeDistributionLayer::new();
//!     let traffic = distribution.traffic();
//!     let server = Server::new(router).layer(distribution).bind("0.0.0.0:10911").await?;
//!     server.serve_until(tokio::signal::ctrl_c()).await?;
//!     println!("{} {}", traffic.requests(), traffic.responses());
//!     Ok(())
//! }
//! ```

mod counts;
mod future;
mod layer;
mod log;
mod service;
mod traffic;

pub use counts::Counts;
pub use future::ResponseFuture;
pub use layer::CodeDistributionLayer;
pub use service::CodeDistribution;
pub use traffic::Traffic;
