//! The report of a measurement.

use super::histogram::Histogram;
use super::load::Load;
use crate::options::LoadOptions;
use serde_json::{Value, json};
use std::time::Duration;

#[derive(Debug)]
pub(super) struct Report<'a> {
    operation: &'static str,
    options: &'a LoadOptions,
    load: &'a Load,
    latency: &'a Histogram,
}

impl<'a> Report<'a> {
    /// `operation` is `send` or `pull`.
    pub(super) fn new(
        operation: &'static str,
        options: &'a LoadOptions,
        load: &'a Load,
        latency: &'a Histogram,
    ) -> Self {
        Self { operation, options, load, latency }
    }

    fn bytes_per_second(&self) -> f64 {
        self.load.bytes() as f64 / self.load.seconds().max(f64::MIN_POSITIVE)
    }

    pub(super) fn to_json(&self) -> Value {
        json!({
            "operation": self.operation,
            "topic": self.options.topic,
            "callers": self.options.callers,
            "connections": self.options.connections,
            "messages": self.load.messages(),
            "bytes": self.load.bytes(),
            "requests": self.latency.requests(),
            "seconds": self.load.seconds(),
            "messagesPerSecond": self.load.rate(),
            "bytesPerSecond": self.bytes_per_second(),
            "p50Ms": millis(self.latency.quantile(0.5)),
            "p99Ms": millis(self.latency.quantile(0.99)),
            "maxMs": millis(self.latency.max()),
        })
    }

    pub(super) fn human(&self) -> String {
        format!(
            "{} messages in {:.1} s: {:.0} messages/s, {:.1} MB/s\n\
             {} requests: p50 {:.2} ms, p99 {:.2} ms, max {:.2} ms",
            self.load.messages(),
            self.load.seconds(),
            self.load.rate(),
            self.bytes_per_second() / 1e6,
            self.latency.requests(),
            millis(self.latency.quantile(0.5)),
            millis(self.latency.quantile(0.99)),
            millis(self.latency.max()),
        )
    }
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}
