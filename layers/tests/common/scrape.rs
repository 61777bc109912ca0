//! Reads metrics as a Prometheus server does.

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use prometheus_parse::{Sample, Scrape, Value};
use rocketmq_tower_layers::MetricsLayer;
use rocketmq_tower_layers::metrics::{LATENCY_BUCKETS, MetricsBuilder, RPC_LATENCY};

/// A builder of a layer, and its recorder's handle.
pub(crate) fn metrics() -> (MetricsBuilder, PrometheusHandle) {
    let latency = Matcher::Full(RPC_LATENCY.to_owned());
    let recorder = PrometheusBuilder::new()
        .set_buckets_for_metric(latency, &LATENCY_BUCKETS)
        .expect("buckets")
        .build_recorder();
    let handle = recorder.handle();
    (MetricsLayer::builder().recorder(recorder), handle)
}

pub(crate) fn scrape(handle: &PrometheusHandle) -> Scrape {
    Scrape::parse(handle.render().lines().map(|line| Ok(line.to_owned()))).expect("sound")
}

/// The samples of this name with these labels.
pub(crate) fn find<'a>(scrape: &'a Scrape, name: &str, labels: &[(&str, &str)]) -> Vec<&'a Sample> {
    let has = |sample: &Sample| {
        labels.iter().all(|(label, value)| sample.labels.get(label) == Some(*value))
    };
    scrape.samples.iter().filter(|sample| sample.metric == name && has(sample)).collect()
}

/// The value of a counter or gauge; 0 if it does not exist.
pub(crate) fn value(handle: &PrometheusHandle, name: &str, labels: &[(&str, &str)]) -> f64 {
    let scrape = scrape(handle);
    let samples = find(&scrape, name, labels);
    assert!(samples.len() < 2, "{samples:?}");
    samples.first().map_or(0.0, |sample| match sample.value {
        Value::Counter(value) | Value::Gauge(value) | Value::Untyped(value) => value,
        ref other => panic!("{other:?}"),
    })
}

/// The count and the sum in milliseconds of the latencies with these labels, which must be one
/// series.
pub(crate) fn latency(handle: &PrometheusHandle, labels: &[(&str, &str)]) -> (f64, f64) {
    let [count, sum] =
        ["_count", "_sum"].map(|end| value(handle, &format!("{RPC_LATENCY}{end}"), labels));
    (count, sum)
}
