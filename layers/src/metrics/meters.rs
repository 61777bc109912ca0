use super::detail::{Detail, Details};
use super::latency::{Exchanged, Latencies, response_label};
use super::names::{
    ACCEPTED, CONNECTIONS, DEFERRED, DISCONNECTS, DRAINING, IN_FLIGHT, RECEIVED, REFUSED, SENT,
    describe,
};
use super::register::Register;
use crate::support::table::Table;
use metrics::{Counter, Gauge, Label};
use rocketmq_tower_core::{CloseReason, ResponseCode};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// The response codes that refuse a request, counted by [`REFUSED`].
pub const REFUSALS: [ResponseCode; 7] = [
    ResponseCode::SYSTEM_BUSY,
    ResponseCode::REQUEST_CODE_NOT_SUPPORTED,
    ResponseCode::SERVICE_NOT_AVAILABLE,
    ResponseCode::NO_PERMISSION,
    ResponseCode::POLLING_FULL,
    ResponseCode::FLOW_CONTROL,
    ResponseCode::GO_AWAY,
];

/// The meters shared by the services of one layer. They are registered once, and used without a
/// look-up in the recorder.
pub(super) struct Meters {
    register: Register,
    latencies: Latencies,
    pub(super) details: Option<Arc<Details>>,
    refused: Table<i32, Counter>,
    pub(super) in_flight: Gauge,
    pub(super) deferred: Counter,
    pub(super) connections: Gauge,
    pub(super) draining: Gauge,
    pub(super) accepted: Counter,
    pub(super) received: Counter,
    pub(super) sent: Counter,
}

impl Meters {
    pub(super) fn new(register: Register, detail: Option<Detail>) -> Self {
        register.with(describe);
        let details = detail.map(|detail| Arc::new(Details::new(detail, register.clone())));
        let counter = |name| register.counter(name, Vec::new());
        Self {
            latencies: Latencies::new(),
            details,
            refused: Table::new(REFUSALS.len()),
            in_flight: register.gauge(IN_FLIGHT),
            deferred: counter(DEFERRED),
            connections: register.gauge(CONNECTIONS),
            draining: register.gauge(DRAINING),
            accepted: counter(ACCEPTED),
            received: counter(RECEIVED),
            sent: counter(SENT),
            register,
        }
    }

    /// Records a request that has ended.
    pub(super) fn exchanged(&self, what: Exchanged, took: Duration) {
        let milliseconds = took.as_secs_f64() * 1000.0;
        self.latencies.get(what, &self.register).record(milliseconds);
        match what.response {
            // Fast path for the most common case, which is not a refusal.
            None | Some(0) => {}
            Some(code) if REFUSALS.contains(&code.into()) => self.refused(code),
            Some(_) => {}
        }
    }

    fn refused(&self, code: i32) {
        let counter = self.refused.get_or_insert(code, || {
            self.register.counter(REFUSED, vec![Label::new("response_code", response_label(code))])
        });
        if let Some(counter) = counter {
            counter.increment(1);
        }
    }

    /// Counts a connection that has ended. That is rare enough to look the meter up each time.
    pub(super) fn disconnected(&self, reason: &'static str) {
        let labels = vec![Label::from_static_parts("reason", reason)];
        self.register.counter(DISCONNECTS, labels).increment(1);
    }
}

impl fmt::Debug for Meters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Meters")
            .field("register", &self.register)
            .field("latencies", &self.latencies)
            .finish_non_exhaustive()
    }
}

/// Returns the label of a reason, without its text and its source.
pub(super) fn reason_label(reason: &CloseReason) -> &'static str {
    match reason {
        CloseReason::PeerClosed => "peer_closed",
        CloseReason::Idle => "idle",
        CloseReason::ReadIdle => "read_idle",
        CloseReason::Drained => "drained",
        CloseReason::MaxAge => "max_age",
        CloseReason::Refused(_) => "refused",
        CloseReason::Requested(_) => "requested",
        CloseReason::Protocol(_) => "protocol",
        CloseReason::Io(_) => "io",
        CloseReason::ReadStalled => "read_stalled",
        CloseReason::WriteStalled => "write_stalled",
        CloseReason::AnswerStalled => "answer_stalled",
        CloseReason::Flooded => "flooded",
        CloseReason::Service(_) => "service",
        CloseReason::Aborted => "aborted",
        _ => "other",
    }
}
