//! The figures that a load measures.

use crate::usage::{self, Usage};
use hdrhistogram::Histogram;
use rocketmq_tower::BoxError;
use std::fmt;
use std::time::{Duration, Instant};

/// The figures of one run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outcome {
    pub(crate) per_second: f64,
    /// In microseconds.
    pub(crate) p50: f64,
    pub(crate) p99: f64,
    pub(crate) p999: f64,
    /// Processor time per request, in microseconds.
    pub(crate) server: f64,
    /// Processor time of the load's own process per request, in microseconds.
    pub(crate) client: f64,
    /// The number of processors that were busy with other things.
    pub(crate) others: f64,
    /// The server's resident memory, in MiB.
    pub(crate) memory: f64,
}

/// A histogram of times from 1 ns to a minute, with `digits` significant digits.
pub(crate) fn histogram(digits: u8) -> Result<Histogram<u64>, BoxError> {
    Ok(Histogram::new_with_bounds(1, 60_000_000_000, digits)?)
}

/// A measurement that has begun.
pub(crate) struct Measuring {
    server: u32,
    usage: Usage,
    at: Instant,
}

impl Measuring {
    pub(crate) fn start(server: u32) -> Result<Self, BoxError> {
        Ok(Self { server, usage: Usage::now(server)?, at: Instant::now() })
    }

    /// Ends the measurement. The latencies are in nanoseconds.
    pub(crate) fn end(self, requests: u64, times: &Histogram<u64>) -> Result<Outcome, BoxError> {
        let elapsed = self.at.elapsed();
        let (server, client, others) = Usage::now(self.server)?.since(&self.usage);
        if requests == 0 {
            return Err("no request was answered".into());
        }
        let per_request = |used: Duration| used.as_secs_f64() * 1e6 / requests as f64;
        let quantile = |quantile| times.value_at_quantile(quantile) as f64 / 1e3;
        Ok(Outcome {
            per_second: requests as f64 / elapsed.as_secs_f64(),
            p50: quantile(0.5),
            p99: quantile(0.99),
            p999: quantile(0.999),
            server: per_request(server),
            client: per_request(client),
            others: others.as_secs_f64() / elapsed.as_secs_f64(),
            memory: usage::resident(self.server)? as f64 / f64::from(1 << 20),
        })
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { per_second, p50, p99, p999, server, client, others, memory } = self;
        writeln!(f, "{per_second:.0} requests/s")?;
        writeln!(f, "latency p50 {p50:.1} µs, p99 {p99:.1} µs, p99.9 {p999:.1} µs")?;
        writeln!(f, "processor time per request: server {server:.3} µs, load {client:.3} µs")?;
        write!(f, "server's memory {memory:.1} MiB; {others:.2} processors busy with other things")
    }
}
