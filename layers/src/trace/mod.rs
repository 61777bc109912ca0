//! A span for each connection and each request.
//!
//! # What
//!
//! [`TraceLayer`] works at both levels. At the connection level it opens a span for each
//! connection; at the request level, one for each request. Events logged meanwhile belong to the
//! span, and the span of a request is a child of its connection's span. Field names are
//! OpenTelemetry's where it has one; `tracing-opentelemetry` exports them as they are.
//!
//! | span | field | |
//! |---|---|---|
//! | `rocketmq.connection` | `rocketmq.connection.id` | `Channel::id` |
//! | | `network.peer.address`, `network.peer.port` | |
//! | | `network.local.address`, `network.local.port` | |
//! | | `rocketmq.close_reason` | at the end |
//! | `rocketmq.request` | `rpc.system` | `rocketmq` |
//! | | `otel.kind` | `server`; `client` for requests that did not arrive over a connection |
//! | | `rpc.method` | the code's name, or its number |
//! | | `rocketmq.opaque`, `rocketmq.oneway` | |
//! | | `network.peer.address`, `network.peer.port` | the caller's address |
//! | | `messaging.destination.name` | the first topic that the request names |
//! | | `rocketmq.target` | the server to which it is forwarded, if the layer is [told](TraceLayer::target_of) |
//! | | `rocketmq.response_code` | at the end: name or number; for an error, the code of the response that `recover` makes from it |
//! | | `error` | at the end: the error's text, if there was one |
//! | | `rocketmq.deferred` | `true` if the response was deferred |
//!
//! At the end there is an event with the duration in microseconds, `latency_us`. Its level is the
//! span's; for a failed request it is [`failure_level`](TraceLayer::failure_level). A
//! [deferred](rocketmq_tower_core::RemotingCommand::defer) request keeps its span until its
//! response is given. The target is always `rocketmq_tower::trace`.
//!
//! # Sampling
//!
//! [`every`](TraceLayer::every) traces one in `n` requests, [`sample`](TraceLayer::sample) those
//! that a closure selects. Others have no span and no events, even if they fail. Connections are
//! not sampled.
//!
//! # Cost
//!
//! About 40 ns per request that is not sampled or whose level is disabled: no span, no clock, no
//! fields. If the level is disabled, sampling is skipped too. A request that is traced and written
//! as a line of text costs 2.5 µs, nearly all of it in the subscriber
//! (`benches/micro/request_layers.rs`).
//!
//! # Why
//!
//! To see what one request did and where its time went, even across processes.
//!
//! # When not
//!
//! For statistics over all requests: use the `metrics` layer.
//!
//! # Where
//!
//! At the connection level, inside layers that determine the peer's true address, such as the PROXY
//! protocol; at the request level, outermost of your layers.
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
pub use layer::{TargetOf, TraceLayer};
pub use request::ResponseFuture;
pub use service::Trace;
