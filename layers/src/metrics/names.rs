//! What is measured, by the names that recorders get.

use metrics::{Recorder, Unit};

/// Histogram: how long requests take, in milliseconds. Java's only instrument, by Java's name.
pub const RPC_LATENCY: &str = "rocketmq_rpc_latency";
/// Java's bounds of the buckets of [`RPC_LATENCY`], for exporters, which have none by themselves.
pub const LATENCY_BUCKETS: [f64; 9] = [1.0, 3.0, 5.0, 7.0, 10.0, 100.0, 1000.0, 2000.0, 3000.0];
/// Gauge: requests that are being processed. Those that were deferred are not.
pub const IN_FLIGHT: &str = "rocketmq_requests_in_flight";
/// Counter: requests that will be answered later.
pub const DEFERRED: &str = "rocketmq_requests_deferred_total";
/// Counter: requests that were turned away, by `response_code`. See
/// [`REFUSALS`](super::REFUSALS).
pub const REFUSED: &str = "rocketmq_requests_refused_total";
/// Gauge: connections that are served.
pub const CONNECTIONS: &str = "rocketmq_connections";
/// Gauge: those of them that are being drained.
pub const DRAINING: &str = "rocketmq_connections_draining";
/// Counter: connections that came.
pub const ACCEPTED: &str = "rocketmq_connections_accepted_total";
/// Counter: connections that went, by `reason`.
pub const DISCONNECTS: &str = "rocketmq_disconnects_total";
/// Counter: bytes that were read.
pub const RECEIVED: &str = "rocketmq_bytes_received_total";
/// Counter: bytes that were written.
pub const SENT: &str = "rocketmq_bytes_sent_total";

/// Tells the recorder what they are.
pub(super) fn describe(recorder: &dyn Recorder) {
    let text = "Rpc latency".into();
    recorder.describe_histogram(RPC_LATENCY.into(), Some(Unit::Milliseconds), text);
    for (name, text) in [
        (IN_FLIGHT, "Requests that are being processed"),
        (CONNECTIONS, "Connections that are served"),
        (DRAINING, "Connections that are being drained"),
    ] {
        recorder.describe_gauge(name.into(), Some(Unit::Count), text.into());
    }
    for (name, unit, text) in [
        (DEFERRED, Unit::Count, "Requests that will be answered later"),
        (REFUSED, Unit::Count, "Requests that were turned away"),
        (ACCEPTED, Unit::Count, "Connections that came"),
        (DISCONNECTS, Unit::Count, "Connections that went"),
        (RECEIVED, Unit::Bytes, "Bytes that were read"),
        (SENT, Unit::Bytes, "Bytes that were written"),
    ] {
        recorder.describe_counter(name.into(), Some(unit), text.into());
    }
}
