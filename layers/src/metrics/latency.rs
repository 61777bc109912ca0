//! The latency histogram: its labels, and one meter per set of labels.

use super::names::RPC_LATENCY;
use super::register::Register;
use crate::support::table::{Table, TableKey};
use metrics::{Histogram, Label};
use rocketmq_tower_core::{RequestCode, ResponseCode};
use std::fmt;
use std::sync::OnceLock;

/// At most this many sets of labels have a histogram of their own; all others share one.
const MAX_SETS: usize = 512;
/// At most this many codes without a name get a label of their own, requests and responses
/// together.
const MAX_NAMELESS: usize = 32;
/// Stands for all codes without a label of their own.
const OTHER: i32 = i32::MIN;

/// How an exchange ended, in Java's terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// A response was returned, even if it is an error.
    Success,
    /// The request was oneway.
    Oneway,
    /// The connection closed, or an outer layer gave up.
    Cancelled,
    /// The processor panicked.
    ProcessRequestFailed,
}

/// The values that a set of labels is made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Exchanged {
    pub(super) request: i32,
    /// `None` without a response.
    pub(super) response: Option<i32>,
    pub(super) is_long_polling: bool,
    pub(super) outcome: Outcome,
}

impl TableKey for Exchanged {
    fn spread(self) -> u64 {
        let response = self.response.map_or(u64::MAX, TableKey::spread);
        let rest = u64::from(self.is_long_polling) << 2 | self.outcome as u64;
        self.request.spread() ^ response.rotate_left(32) ^ rest << 56
    }
}

/// Histograms by their labels, registered on first use.
pub(super) struct Latencies {
    sets: Table<Exchanged, Histogram>,
    nameless: Table<i32, ()>,
    /// Shared by all sets beyond [`MAX_SETS`].
    rest: OnceLock<Histogram>,
}

impl Latencies {
    pub(super) fn new() -> Self {
        Self {
            sets: Table::new(MAX_SETS),
            nameless: Table::new(MAX_NAMELESS),
            rest: OnceLock::new(),
        }
    }

    pub(super) fn get(&self, key: Exchanged, register: &Register) -> &Histogram {
        // Fast path: a set seen before needs one look-up.
        self.sets.get(key).unwrap_or_else(|| self.find(key, register))
    }

    fn find(&self, key: Exchanged, register: &Register) -> &Histogram {
        let told_apart = |code: i32, name: Option<_>| match name {
            None if self.nameless.get_or_insert(code, || ()).is_none() => OTHER,
            _ => code,
        };
        let key = Exchanged {
            request: told_apart(key.request, RequestCode::from(key.request).name()),
            response: key.response.map(|code| told_apart(code, ResponseCode::from(code).name())),
            ..key
        };
        let own = self.sets.get_or_insert(key, || {
            register.histogram(RPC_LATENCY, labels(key, outcome_label(key.outcome)))
        });
        own.unwrap_or_else(|| {
            self.rest.get_or_init(|| {
                let any = Exchanged { request: OTHER, response: Some(OTHER), ..key };
                register.histogram(RPC_LATENCY, labels(any, "other"))
            })
        })
    }
}

impl fmt::Debug for Latencies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Latencies").field("sets", &self.sets.iter().count()).finish_non_exhaustive()
    }
}

fn labels(key: Exchanged, result: &'static str) -> Vec<Label> {
    let is_long_polling = if key.is_long_polling { "true" } else { "false" };
    let mut labels = vec![
        Label::from_static_parts("protocol_type", "remoting"),
        Label::new("request_code", code_label(key.request, RequestCode::from(key.request).name())),
    ];
    if let Some(code) = key.response {
        labels.push(Label::new("response_code", response_label(code)));
    }
    labels.push(Label::from_static_parts("is_long_polling", is_long_polling));
    labels.push(Label::from_static_parts("result", result));
    labels
}

/// Formats a code as Java does: the name in lower case, or the number.
pub(super) fn code_label(code: i32, name: Option<&str>) -> String {
    match name {
        Some(name) => name.to_ascii_lowercase(),
        None if code == OTHER => "other".to_owned(),
        None => code.to_string(),
    }
}

pub(super) fn response_label(code: i32) -> String {
    code_label(code, ResponseCode::from(code).name())
}

const fn outcome_label(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Success => "success",
        Outcome::Oneway => "oneway",
        Outcome::Cancelled => "cancelled",
        Outcome::ProcessRequestFailed => "process_request_failed",
    }
}
