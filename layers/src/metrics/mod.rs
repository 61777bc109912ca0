//! Metrics of connections and requests, for any recorder of the `metrics` facade.
//!
//! # What
//!
//! [`MetricsLayer`] works at both levels; put a clone of one value at each. At the request level
//! it measures
//!
//! | name | kind | labels | |
//! |---|---|---|---|
//! | [`rocketmq_rpc_latency`](RPC_LATENCY) | histogram, ms | below | how long requests take |
//! | [`rocketmq_requests_in_flight`](IN_FLIGHT) | gauge | | requests that are being processed |
//! | [`rocketmq_requests_deferred_total`](DEFERRED) | counter | | requests to be answered later |
//! | [`rocketmq_requests_refused_total`](REFUSED) | counter | `response_code` | requests that were turned away: [`REFUSALS`] |
//!
//! and at the connection level
//!
//! | name | kind | labels | |
//! |---|---|---|---|
//! | [`rocketmq_connections`](CONNECTIONS) | gauge | | connections that are served |
//! | [`rocketmq_connections_draining`](DRAINING) | gauge | | those of them that are being drained |
//! | [`rocketmq_connections_accepted_total`](ACCEPTED) | counter | | connections that came |
//! | [`rocketmq_disconnects_total`](DISCONNECTS) | counter | `reason` | connections that went: `peer_closed`, `idle`, `io` .. |
//! | [`rocketmq_bytes_received_total`](RECEIVED) | counter | | |
//! | [`rocketmq_bytes_sent_total`](SENT) | counter | | |
//!
//! Latency has Java's name and labels:
//!
//! | label | |
//! |---|---|
//! | `protocol_type` | `remoting` |
//! | `request_code`, `response_code` | the code's name in lower case, or its number |
//! | `is_long_polling` | `true` if the response was [deferred](rocketmq_tower_core::RemotingCommand::defer) |
//! | `result` | `success`: it was answered, be it with an error. `oneway`. `cancelled`: its connection was cut, or a layer outside gave up. `process_request_failed`: the processor panicked |
//!
//! [`LATENCY_BUCKETS`] are Java's buckets. Recorders have others, or none: tell yours.
//!
//! The latency of a request that is answered later lasts until that answer is given, as in Java:
//! it is the time that the peer waited. If the connection closes first, the result is `cancelled`.
//!
//! # How it differs from Java
//!
//! * Latency is that of the service inside: it begins after the frame was read and the service was
//!   ready, and ends before the answer is written. So there is no result `write_channel_failed`.
//!   Parts of milliseconds count.
//! * What the driver answers by itself (while it drains, or is flooded) does not pass this layer.
//! * A oneway request whose processor fails is measured too. `cancelled` and
//!   `process_request_failed` have no `response_code`, and neither has a oneway request without an
//!   answer.
//! * An error counts as what [`recover`](crate::recover) answers for it.
//! * Peers may send any code. 32 codes without a name are told apart; more are `other`. Java makes a
//!   series of each.
//!
//! # Bounds
//!
//! 512 sets of labels of the latency, and one for all others.
//!
//! # Recorders
//!
//! Without more, meters are the global recorder's, which has to be installed before the layer is
//! made. [`MetricsBuilder::recorder`] takes another one, [`MetricsBuilder::label`] tells several
//! servers apart. (A recorder of `metrics::with_local_recorder` is one of its thread, and does not
//! reach connections on other threads.) Meters are registered once for each set of labels and kept.
//!
//! # Cost
//!
//! About 110 ns per request without a recorder, of which half is for looking at the clock; 170 ns
//! with that of Prometheus (`benches/micro/request_layers.rs`). No look-up in the recorder, and no
//! allocation except one per deferred request. Bytes are counted without an atomic, and told when a burst is over or 64
//! KiB have moved.
//!
//! # Why
//!
//! It is what dashboards and alerts are made of; those of Java's brokers work on.
//!
//! # When not
//!
//! To see what a single request did, use [`trace`](crate::trace).
//!
//! # Where
//!
//! At the connection level outermost of the user's layers, so that bytes are those of the socket and
//! failed handshakes count as connections. At the request level outermost as well, so that refusals
//! count.
//!
//! ```
//! use metrics_exporter_prometheus::PrometheusBuilder;
//! use rocketmq_tower::layers::MetricsLayer;
//! use rocketmq_tower::{BoxError, Router, Server};
//!
//! async fn serve(router: Router) -> Result<(), BoxError> {
//!     let recorder = PrometheusBuilder::new().build_recorder();
//!     let metrics = MetricsLayer::builder().recorder(recorder).label("server", "a").build();
//!     let server = Server::new(router)
//!         .connection_layer(metrics.clone())
//!         .layer(metrics)
//!         .bind("0.0.0.0:10911")
//!         .await?;
//!     server.serve().await?;
//!     Ok(())
//! }
//! ```

mod connection;
mod io;
mod latency;
mod layer;
mod meters;
mod names;
mod register;
mod request;
mod service;

pub use connection::ConnectionFuture;
pub use io::MeteredIo;
pub use layer::{MetricsBuilder, MetricsLayer};
pub use meters::REFUSALS;
pub use names::{
    ACCEPTED, CONNECTIONS, DEFERRED, DISCONNECTS, DRAINING, IN_FLIGHT, LATENCY_BUCKETS, RECEIVED,
    REFUSED, RPC_LATENCY, SENT,
};
pub use request::ResponseFuture;
pub use service::Metrics;
