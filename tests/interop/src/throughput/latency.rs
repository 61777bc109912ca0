//! Latencies of calls.

/// The 50th, 99th and 99.9th percentile, in milliseconds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Latency {
    pub(super) p50: f64,
    pub(super) p99: f64,
    pub(super) p999: f64,
}

impl Latency {
    /// Returns the percentiles of `latencies`, which are in microseconds.
    pub(super) fn of(mut latencies: Vec<u32>) -> Self {
        latencies.sort_unstable();
        let within = |share: f64| {
            let rank = (latencies.len() as f64 * share).ceil() as usize;
            let micros = latencies.get(rank.saturating_sub(1)).copied().unwrap_or_default();
            f64::from(micros) / 1000.0
        };
        Self { p50: within(0.5), p99: within(0.99), p999: within(0.999) }
    }
}

#[cfg(test)]
mod tests {
    use super::Latency;

    #[test]
    fn of_a_thousand() {
        let latency = Latency::of((1..=1000).rev().map(|n| n * 1000).collect());
        assert_eq!((latency.p50, latency.p99, latency.p999), (500.0, 990.0, 999.0));
    }

    #[test]
    fn of_one_and_of_none() {
        assert_eq!(Latency::of(vec![7000]).p999, 7.0);
        assert_eq!(Latency::of(Vec::new()).p50, 0.0);
    }
}
