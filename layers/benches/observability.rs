//! What `code_distribution`, `trace` and `metrics` cost per request.
//!
//! ```sh
//! cargo bench -p rocketmq-tower-layers --features metrics --bench observability
//! ```
//!
//! Each layer is put around a service that answers at once, and called from one thread. What is
//! printed is the best of several rounds, and how much of it is the layer's.
#![allow(clippy::expect_used, reason = "a benchmark")]

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder};
use rocketmq_tower_core::{BoxError, RemotingCommand, ResponseCode};
use rocketmq_tower_layers::metrics::{LATENCY_BUCKETS, RPC_LATENCY};
use rocketmq_tower_layers::{CodeDistributionLayer, MetricsLayer, TraceLayer};
use std::future::{Future, Ready, ready};
use std::hint::black_box;
use std::io::sink;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Instant;
use tower::{Layer, Service, service_fn};
use tracing::Level;

const ROUNDS: usize = 15;
const REQUESTS: u32 = 100_000;
const SEND: i32 = 310;
const PULL: i32 = 11;

fn answer(request: RemotingCommand) -> Ready<Result<RemotingCommand, BoxError>> {
    black_box(request);
    ready(Ok(RemotingCommand::response(ResponseCode::SUCCESS)))
}

/// Nanoseconds per request; `between` is done between rounds.
fn measure<S>(mut service: S, code: i32, between: impl Fn()) -> f64
where
    S: Service<RemotingCommand>,
{
    let mut cx = Context::from_waker(Waker::noop());
    let mut round = || {
        let start = Instant::now();
        for _ in 0..REQUESTS {
            let ready = matches!(service.poll_ready(&mut cx), Poll::Ready(Ok(())));
            assert!(ready, "always ready");
            let exchange = pin!(service.call(RemotingCommand::new(black_box(code))));
            assert!(exchange.poll(&mut cx).is_ready());
        }
        let took = start.elapsed().as_nanos() as f64 / f64::from(REQUESTS);
        between();
        took
    };
    (0..ROUNDS).map(|_| round()).fold(f64::INFINITY, f64::min)
}

fn main() {
    let processor = service_fn(answer);
    let alone = measure(processor, SEND, || {});
    println!("{:<48}{alone:>6.0} ns", "the service alone");
    let print = |what: &str, with: f64| {
        println!("{what:<48}{with:>6.0} ns, {:>4.0} ns of it the layer's", with - alone);
    };
    let none = || {};

    let counting = CodeDistributionLayer::new();
    print("code_distribution", measure(counting.layer(processor), SEND, none));
    print("code_distribution, pulls", measure(counting.layer(processor), PULL, none));

    let trace = TraceLayer::new();
    print("trace, nobody listens", measure(trace.layer(processor), SEND, none));
    let subscriber = |level| tracing_subscriber::fmt().with_max_level(level).with_writer(sink);
    let traced = |level, layer: &TraceLayer| {
        let subscriber = subscriber(level).finish();
        tracing::subscriber::with_default(subscriber, || {
            measure(layer.layer(processor), SEND, none)
        })
    };
    print("trace, its level is disabled", traced(Level::INFO, &trace));
    print("trace, one of 1000", traced(Level::DEBUG, &trace.clone().every(1000)));
    print("trace, all, written as text", traced(Level::DEBUG, &trace));

    let metrics = MetricsLayer::new();
    print("metrics, no recorder", measure(metrics.layer(processor), SEND, none));
    let latency = Matcher::Full(RPC_LATENCY.to_owned());
    let builder = PrometheusBuilder::new().set_buckets_for_metric(latency, &LATENCY_BUCKETS);
    let recorder = builder.expect("buckets").build_recorder();
    let handle = recorder.handle();
    let metrics = MetricsLayer::builder().recorder(recorder).build();
    let upkeep = || handle.run_upkeep();
    print("metrics, Prometheus", measure(metrics.layer(processor), SEND, upkeep));
    print("metrics, Prometheus, pulls", measure(metrics.layer(processor), PULL, upkeep));
}
