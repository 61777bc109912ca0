//! Measures the cost of the connection level's layers per exchange: a request is read from memory
//! and its response is discarded, through a whole driver.
//!
//! `none` is the driver alone. Each round is one read of one frame and one write: the highest
//! possible cost per request of a layer that handles reads and writes. `events` handles neither.
#![allow(clippy::expect_used, reason = "a benchmark")]

mod support;

use criterion::{Criterion, criterion_group, criterion_main};
use rocketmq_tower::driver::{ConnectionConfig, DriverService};
use rocketmq_tower::layers::{
    ConnectionLimitLayer, EventsLayer, IdleTimeoutLayer, MetricsLayer, TraceLayer,
};
use rocketmq_tower::{Layer, SerializeType, Server, service_fn};
use rocketmq_tower_test_support::echo;
use support::exchange::Exchange;
use support::frames;
use tower::layer::util::Identity;

fn connection_layers(c: &mut Criterion) {
    let mut group = c.benchmark_group("connection_layers");
    let mut measure = |name: &str, mut exchange: Exchange| {
        group.bench_function(name, |bench| bench.iter(|| exchange.turns(1)));
    };
    let request = frames::sized(frames::SEND, SerializeType::Json, 128);
    let processor = service_fn(echo);
    let driver = || DriverService::server(Identity::new(), processor, ConnectionConfig::server());

    measure("none", Exchange::new(driver(), &request, 1));
    let idle_timeout = IdleTimeoutLayer::default().layer(driver());
    measure("idle_timeout", Exchange::new(idle_timeout, &request, 1));
    let events = EventsLayer::silent().layer(driver());
    measure("events", Exchange::new(events, &request, 1));
    let limit = ConnectionLimitLayer::new(1000).layer(driver());
    measure("connection_limit", Exchange::new(limit, &request, 1));
    let trace = TraceLayer::new().layer(driver());
    measure("trace", Exchange::new(trace, &request, 1));
    let metrics = MetricsLayer::new().layer(driver());
    measure("metrics", Exchange::new(metrics, &request, 1));
    let stack = Server::new(processor).into_service();
    measure("default stack", Exchange::new(stack, &request, 1));
}

criterion_group!(benches, connection_layers);
criterion_main!(benches);
