//! A span for each connection and each request.
//!
//! # What
//!
//! [`TraceLayer`] works at both levels. Put at the connection level, it opens a span for each
//! connection; put at the request level, one for each request. What is logged meanwhile is logged
//! in the span, and spans of requests are inside of that of their connection. Names of fields are
//! OpenTelemetry's where it has one; `tracing-opentelemetry` exports them as they are.
//!
//! | span | field | |
//! |---|---|---|
//! | `rocketmq.connection` | `rocketmq.connection.id` | as `Channel::id` |
//! | | `network.peer.address`, `network.peer.port` | |
//! | | `network.local.address`, `network.local.port` | |
//! | | `rocketmq.close_reason` | at the end |
//! | `rocketmq.request` | `rpc.system` | `rocketmq` |
//! | | `otel.kind` | `server`; `client` for requests that came from no connection |
//! | | `rpc.method` | the code's name, or its number |
//! | | `rocketmq.opaque`, `rocketmq.oneway` | |
//! | | `network.peer.address`, `network.peer.port` | who asks |
//! | | `rocketmq.response_code` | at the end: name or number; of an error, what `recover` answers for it |
//! | | `error` | at the end, if there was one: its text |
//! | | `rocketmq.deferred` | `true` if the answer comes later |
//!
//! At the end there is an event with the time it took, `latency_us`, at the span's level; for a
//! request that failed at [`failure_level`](TraceLayer::failure_level). A request that is
//! [deferred](rocketmq_tower_core::RemotingCommand::defer) keeps its span until it is answered. All targets are
//! `rocketmq_tower::trace`.
//!
//! # Sampling
//!
//! [`every`](TraceLayer::every) traces one request of so many, [`sample`](TraceLayer::sample) those
//! that a closure wants. Others have no span and no events, even if they fail. Connections are not
//! sampled.
//!
//! # Cost
//!
//! About 40 ns per request whose level is disabled or that is not sampled: no span, no clock, no
//! field, no sampling where the level is disabled. One that is traced and written as a line of text
//! costs 2.5 µs, nearly all of it the subscriber's (`benches/micro/request_layers.rs`).
//!
//! # Why
//!
//! To see what one request did, and where its time went, also across processes.
//!
//! # When not
//!
//! For numbers over all requests: those are for the layer `metrics`.
//!
//! # Where
//!
//! At the connection level inside of what finds out the peer's true address, such as the PROXY
//! protocol; at the request level outermost of the user's layers.
//!
//! ```
//! use rocketmq_tower::layers::TraceLayer;
//! use rocketmq_tower::{BoxError, Router, Server};
//! use tracing::Level;
//!
//! async fn serve(router: Router) -> Result<(), BoxError> {
//!     let trace = TraceLayer::new().level(Level::INFO).every(100);
//!     let server = Server::new(router)
//!         .connection_layer(trace.clone())
//!         .layer(trace)
//!         .bind("0.0.0.0:10911")
//!         .await?;
//!     server.serve().await?;
//!     Ok(())
//! }
//! ```

mod connection;
mod layer;
mod request;
mod sample;
mod service;
mod span;

pub use connection::ConnectionFuture;
pub use layer::TraceLayer;
pub use request::ResponseFuture;
pub use service::Trace;
