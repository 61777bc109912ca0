//! The traffic log: how many requests and answers of which code.
//!
//! # What
//!
//! [`CodeDistribution`] counts requests by their code and answers by theirs. Once a second (see
//! [`period`](CodeDistributionLayer::period)) it logs what came since the last time, at level INFO
//! with the target `RocketmqTraffic`, in Java's words:
//!
//! ```text
//! Port: 10911, RequestCode Distribution: {11:3, 310:120}
//! Port: 10911, ResponseCode Distribution: {0:121, 19:2}
//! ```
//!
//! A line whose counts are all zero is left out, so that silence is not logged. The port is the one
//! that the first request came to. [`CodeDistributionLayer::traffic`] gives the totals at any time.
//!
//! # Why
//!
//! One look at a log tells what clients do, without anything to collect metrics.
//!
//! # How it differs from Java
//!
//! Java counts every command that its decoder and encoder see, in both directions. A layer sees
//! requests and the answers that pass it: not what the driver says by itself while it drains or is
//! flooded, and not this side's own calls, unless the layer is around the
//! [`Channel`](rocketmq_tower_core::Channel) too. What the layer takes for an error's answer is what
//! [`recover`](crate::recover) will make of it. Deferred responses are counted when they are
//! sent. Codes are in ascending order. Reading the totals does not reset
//! them.
//!
//! # Bounds
//!
//! 256 codes of requests and as many of answers, since peers may send any number; all others are
//! counted together, as `other`. One task logs, for all services that one layer value or a clone of
//! it was put around; it starts with the first request in a tokio runtime, and ends when they are
//! gone.
//!
//! # Cost
//!
//! About 50 ns per request (`benches/micro/request_layers.rs`), and an allocation per deferred one.
//!
//! # When not
//!
//! With the layer `metrics`, which has the same and more.
//!
//! # Where
//!
//! Outermost of the user's request layers, so that refusals count.
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
