//! Metrics of connections and requests, for any recorder of the `metrics` facade.
//!
//! # What
//!
//! [`MetricsLayer`] works at both levels; add a clone of one value at each. At the request level it
//! measures
//!
//! | name | kind | labels | |
//! |---|---|---|---|
//! | [`rocketmq_rpc_latency`](RPC_LATENCY) | histogram, ms | below | how long requests take |
//! | [`rocketmq_requests_in_flight`](IN_FLIGHT) | gauge | | requests that are being processed |
//! | [`rocketmq_requests_deferred_total`](DEFERRED) | counter | | requests whose response was deferred |
//! | [`rocketmq_requests_refused_total`](REFUSED) | counter | `response_code` | requests refused with one of the codes in [`REFUSALS`] |
//!
//! and at the connection level
//!
//! | name | kind | labels | |
//! |---|---|---|---|
//! | [`rocketmq_connections`](CONNECTIONS) | gauge | | open connections |
//! | [`rocketmq_connections_draining`](DRAINING) | gauge | | open connections that are being drained |
//! | [`rocketmq_connections_accepted_total`](ACCEPTED) | counter | | connections accepted |
//! | [`rocketmq_disconnects_total`](DISCONNECTS) | counter | `reason` | connections closed: `peer_closed`, `idle`, `io` .. |
//! | [`rocketmq_bytes_received_total`](RECEIVED) | counter | | bytes read |
//! | [`rocketmq_bytes_sent_total`](SENT) | counter | | bytes written |
//!
//! With [`detail`](MetricsBuilder::detail), also, at the request level,
//!
//! | name | kind | labels | |
//! |---|---|---|---|
//! | [`rocketmq_requests_total`](REQUESTS) | counter | yours, `topic`, `request_code`, `response_code` | requests that have ended |
//! | [`rocketmq_requests_duration_microseconds_total`](DURATION) | counter | yours, `topic`, `request_code` | how long they took |
//! | [`rocketmq_requests_body_bytes_received_total`](BODIES_RECEIVED) | counter | the same | bytes of the bodies of requests |
//! | [`rocketmq_requests_body_bytes_sent_total`](BODIES_SENT) | counter | the same | bytes of the bodies of responses |
//!
//! The topic is the first that the request names
//! ([`Subject`](rocketmq_tower_core::subject::Subject)); a request without a topic has an empty label. A `response_code` of `none`
//! means that there was no response: the request was oneway, or the connection closed first. Codes without a
//! name are `other`.
//!
//! Latency has Java's name and labels:
//!
//! | label | |
//! |---|---|
//! | `protocol_type` | `remoting` |
//! | `request_code`, `response_code` | the code's name in lower case, or its number |
//! | `is_long_polling` | `true` if the response was [deferred](rocketmq_tower_core::RemotingCommand::defer) |
//! | `result` | `success`: a response was returned, even if it is an error. `oneway`: the request needs no response. `cancelled`: the connection closed, or an outer layer gave up. `process_request_failed`: the processor panicked |
//!
//! [`LATENCY_BUCKETS`] are Java's buckets. Recorders use others by default, or none, so configure
//! yours with them.
//!
//! The latency of a deferred request is measured until its response is given, as in Java: it is the
//! time that the peer waited. If the connection closes first, the result is `cancelled`.
//!
//! # How it differs from Java
//!
//! * Latency is that of the inner service: it begins after the frame was read and the service was
//!   ready, and ends before the response is written. So there is no result `write_channel_failed`.
//!   Fractions of milliseconds count.
//! * Responses that the driver makes itself (while draining or flooded) do not pass this layer.
//! * A oneway request whose processor fails is measured too. `cancelled` and
//!   `process_request_failed` have no `response_code`, and neither does a oneway request without a
//!   response.
//! * An error counts as the response that [`recover`](crate::recover) makes from it.
//! * Peers may send any code. The first 32 codes without a name get a label of their own; further
//!   ones are `other`. Java creates a series for each.
//!
//! # Bounds
//!
//! At most 512 sets of latency labels, and one for all others. With detail, at most as many topics as you say, 256
//! values of each of your labels, and 10 000 sets. A topic gets its label when a request about it succeeds, so peers do not
//! use them up with names that they invent, unless the server creates such topics.
//!
//! # Recorders
//!
//! By default, meters use the global recorder, which must be installed before the layer is created.
//! [`MetricsBuilder::recorder`] uses another one; [`MetricsBuilder::label`] tells several servers
//! apart. (A recorder of `metrics::with_local_recorder` applies to its thread only, and does not
//! reach connections on other threads.) Meters are registered once per set of labels and kept.
//!
//! # Cost
//!
//! About 110 ns per request without a recorder, half of it for reading the clock; 170 ns with the
//! Prometheus recorder (`benches/micro/request_layers.rs`). No look-up in the recorder, and no
//! allocation except one per deferred request. Bytes are counted without an atomic, and added to
//! the shared counter when a burst is over or 64 KiB have moved.
//!
//! Detail adds a look-up of the topic and four atomic operations. A service remembers its last set of labels, so no lock
//! is taken while a connection stays with its topic and code.
//!
//! # Why
//!
//! For dashboards and alerts; those made for Java's brokers continue to work.
//!
//! # When not
//!
//! To see what a single request did: use [`trace`](crate::trace).
//!
//! # Where
//!
//! At the connection level, outermost of your layers, so that bytes are those of the socket and
//! failed handshakes count as connections. At the request level, outermost as well, so that
//! refusals count.
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
mod detail;
mod io;
mod latency;
mod layer;
mod meters;
mod names;
mod register;
mod request;
mod service;

pub use connection::ConnectionFuture;
pub use detail::{Detail, LabelOf};
pub use io::MeteredIo;
pub use layer::{MetricsBuilder, MetricsLayer};
pub use meters::REFUSALS;
pub use names::{
    ACCEPTED, BODIES_RECEIVED, BODIES_SENT, CONNECTIONS, DEFERRED, DISCONNECTS, DRAINING, DURATION,
    IN_FLIGHT, LATENCY_BUCKETS, RECEIVED, REFUSED, REQUESTS, RPC_LATENCY, SENT,
};
pub use request::ResponseFuture;
pub use service::Metrics;
