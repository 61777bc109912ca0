//! Names and descriptions of the metrics.

use metrics::{Recorder, Unit};

/// Histogram: how long requests take, in milliseconds. Has the name of Java's only instrument.
pub const RPC_LATENCY: &str = "rocketmq_rpc_latency";
/// Java's bucket bounds for [`RPC_LATENCY`]. Pass them to the exporter, which does not know them.
pub const LATENCY_BUCKETS: [f64; 9] = [1.0, 3.0, 5.0, 7.0, 10.0, 100.0, 1000.0, 2000.0, 3000.0];
/// Gauge: requests that are being processed, not counting deferred ones.
pub const IN_FLIGHT: &str = "rocketmq_requests_in_flight";
/// Counter: requests whose response was deferred.
pub const DEFERRED: &str = "rocketmq_requests_deferred_total";
/// Counter: requests refused, by `response_code`. See [`REFUSALS`](super::REFUSALS).
pub const REFUSED: &str = "rocketmq_requests_refused_total";
/// Gauge: open connections.
pub const CONNECTIONS: &str = "rocketmq_connections";
/// Gauge: open connections that are being drained.
pub const DRAINING: &str = "rocketmq_connections_draining";
/// Counter: connections accepted.
pub const ACCEPTED: &str = "rocketmq_connections_accepted_total";
/// Counter: connections closed, by `reason`.
pub const DISCONNECTS: &str = "rocketmq_disconnects_total";
/// Counter: bytes read.
pub const RECEIVED: &str = "rocketmq_bytes_received_total";
/// Counter: bytes written.
pub const SENT: &str = "rocketmq_bytes_sent_total";

/// Counter: requests that have ended, by topic. See [`Detail`](super::Detail).
pub const REQUESTS: &str = "rocketmq_requests_total";
/// Counter: how long these requests took, in microseconds.
pub const DURATION: &str = "rocketmq_requests_duration_microseconds_total";
/// Counter: the bytes of the bodies of requests.
pub const BODIES_RECEIVED: &str = "rocketmq_requests_body_bytes_received_total";
/// Counter: the bytes of the bodies of responses.
pub const BODIES_SENT: &str = "rocketmq_requests_body_bytes_sent_total";

/// Describes the metrics to the recorder.
pub(super) fn describe(recorder: &dyn Recorder) {
    let text = "Rpc latency".into();
    recorder.describe_histogram(RPC_LATENCY.into(), Some(Unit::Milliseconds), text);
    for (name, text) in [
        (IN_FLIGHT, "Requests that are being processed"),
        (CONNECTIONS, "Open connections"),
        (DRAINING, "Open connections that are being drained"),
    ] {
        recorder.describe_gauge(name.into(), Some(Unit::Count), text.into());
    }
    for (name, unit, text) in [
        (DEFERRED, Unit::Count, "Requests whose response was deferred"),
        (REFUSED, Unit::Count, "Requests refused"),
        (ACCEPTED, Unit::Count, "Connections accepted"),
        (DISCONNECTS, Unit::Count, "Connections closed"),
        (RECEIVED, Unit::Bytes, "Bytes read"),
        (SENT, Unit::Bytes, "Bytes written"),
        (REQUESTS, Unit::Count, "Requests that have ended"),
        (DURATION, Unit::Microseconds, "Duration of requests"),
        (BODIES_RECEIVED, Unit::Bytes, "Bytes of the bodies of requests"),
        (BODIES_SENT, Unit::Bytes, "Bytes of the bodies of responses"),
    ] {
        recorder.describe_counter(name.into(), Some(unit), text.into());
    }
}
