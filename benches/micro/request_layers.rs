//! Measures the cost of each layer of the request level, around a processor that answers at once.
//!
//! The request is a send of 128 bytes, as a driver passes it on. `none` is the processor alone,
//! including the clone of the request in each round. Compare layers that spawn tasks with
//! `task/none`, which uses the same runtime.
#![allow(clippy::expect_used, clippy::panic, reason = "a benchmark")]

mod support;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, criterion_group, criterion_main};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder};
use rocketmq_tower::layers::authorize::Rule;
use rocketmq_tower::layers::metrics::{LATENCY_BUCKETS, RPC_LATENCY};
use rocketmq_tower::layers::namespace::Tenant;
use rocketmq_tower::layers::quota::{By, Quota};
use rocketmq_tower::layers::rpc_hook::RpcHook;
use rocketmq_tower::layers::{
    AuditLayer, AuthorizeLayer, BodyLimitLayer, CatchPanicLayer, CodeDistributionLayer,
    MetricsLayer, NamespaceLayer, OneshotLayer, PeerRateLimitLayer, QuotaLayer, RecoverLayer,
    RpcHookLayer, SpawnLayer, TraceLayer, WorkQueueLayer,
};
use rocketmq_tower::message::SendHeader;
use rocketmq_tower::subject::{Action, Subject};
use rocketmq_tower::{Layer, RemotingCommand, RequestCode, Service, ServiceExt, service_fn};
use std::fmt::Debug;
use std::future::Future;
use std::hint::black_box;
use std::io::sink;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use support::processor;
use tracing::Level;

/// Does nothing, before and after.
struct NoHook;

impl RpcHook for NoHook {}

type Group<'a> = BenchmarkGroup<'a, WallTime>;

fn measure<S>(group: &mut Group<'_>, name: &str, request: &RemotingCommand, mut service: S)
where
    S: Service<RemotingCommand, Error: Debug>,
{
    let mut cx = Context::from_waker(Waker::noop());
    group.bench_function(name, |bench| {
        bench.iter(|| {
            let request = black_box(request).clone();
            assert!(matches!(service.poll_ready(&mut cx), Poll::Ready(Ok(()))), "always ready");
            let exchange = pin!(service.call(request));
            let Poll::Ready(answer) = exchange.poll(&mut cx) else { panic!("answers at once") };
            answer.expect("an answer")
        });
    });
}

fn request_layers(c: &mut Criterion) {
    let request = &processor::received();
    let echo = service_fn(rocketmq_tower_test_support::echo);
    let mut group = c.benchmark_group("request_layers");
    let group = &mut group;

    measure(group, "none", request, echo);
    measure(group, "recover", request, RecoverLayer::new().layer(echo));
    measure(group, "rpc_hook/off", request, RpcHookLayer::new().layer(echo));
    measure(group, "rpc_hook/one", request, RpcHookLayer::new().hook(NoHook).layer(echo));
    measure(group, "catch_panic", request, CatchPanicLayer::new().layer(echo));
    measure(group, "oneshot", request, OneshotLayer::new().layer(echo));
    let limit = BodyLimitLayer::new(1024).code(RequestCode::SEND_MESSAGE_V2, 4096);
    measure(group, "body_limit", request, limit.layer(echo));
    let unlimited = PeerRateLimitLayer::new(u32::MAX);
    measure(group, "peer_rate_limit", request, unlimited.layer(echo));
    let counting = CodeDistributionLayer::new();
    measure(group, "code_distribution", request, counting.layer(echo));
    let mut pull = request.clone();
    pull.set_code(RequestCode::PULL_MESSAGE);
    measure(group, "code_distribution/pulls", &pull, counting.layer(echo));
}

/// The layers that read what a request speaks of.
fn policies(c: &mut Criterion) {
    let request = &SendHeader::new("producers", "TopicTest", 0).request().with_body(vec![0; 128]);
    let echo = service_fn(rocketmq_tower_test_support::echo);
    let mut group = c.benchmark_group("request_layers");
    let group = &mut group;

    group.bench_function("policy/subject", |bench| {
        bench.iter(|| {
            let subject = Subject::of(black_box(request)).expect("readable");
            (subject.action(), subject.topics().count())
        });
    });
    measure(group, "policy/none", request, echo);
    let others =
        (0..9).map(|n| Rule::allow("other").action(Action::Send).topic(format!("Other{n}*")));
    let rules = others.chain([Rule::allow("ours").action(Action::Send).topic("TopicT*")]);
    let rules: Vec<_> = rules.collect();
    measure(group, "policy/authorize, ten rules", request, AuthorizeLayer::new(rules).layer(echo));
    let topics = Quota::sends(By::Topic).messages(u64::MAX).bytes(u64::MAX);
    measure(group, "policy/quota", request, QuotaLayer::new([topics]).layer(echo));
    let tenant = Tenant::new("orders").expect("a name");
    measure(group, "policy/namespace", request, NamespaceLayer::of(tenant).layer(echo));
    let (audit, _events) = AuditLayer::new(1000);
    let admin = audit.clone().action(Action::AdminTopic);
    measure(group, "policy/audit of others", request, admin.layer(echo));
    measure(group, "policy/audit", request, audit.layer(echo));
}

fn trace(c: &mut Criterion) {
    let request = &processor::received();
    let echo = service_fn(rocketmq_tower_test_support::echo);
    let mut group = c.benchmark_group("request_layers");
    let mut measure = |name: &str, layer: &TraceLayer, level: Option<Level>| {
        let trace = layer.layer(echo);
        let Some(level) = level else { return measure(&mut group, name, request, trace) };
        let subscriber = tracing_subscriber::fmt().with_max_level(level).with_writer(sink).finish();
        tracing::subscriber::with_default(subscriber, || {
            measure(&mut group, name, request, trace);
        });
    };
    let all = TraceLayer::new();
    measure("trace/nobody listens", &all, None);
    measure("trace/disabled level", &all, Some(Level::INFO));
    measure("trace/one of 1000", &all.clone().every(1000), Some(Level::DEBUG));
    measure("trace/all, as text", &all, Some(Level::DEBUG));
}

fn metrics(c: &mut Criterion) {
    let request = &processor::received();
    let echo = service_fn(rocketmq_tower_test_support::echo);
    let mut group = c.benchmark_group("request_layers");
    let group = &mut group;

    measure(group, "metrics/no recorder", request, MetricsLayer::new().layer(echo));
    let latency = Matcher::Full(RPC_LATENCY.to_owned());
    let builder = PrometheusBuilder::new().set_buckets_for_metric(latency, &LATENCY_BUCKETS);
    let recorder = builder.expect("buckets").build_recorder();
    let handle = recorder.handle();
    let metrics = MetricsLayer::builder().recorder(recorder).build();
    measure(group, "metrics/Prometheus", request, metrics.layer(echo));
    handle.run_upkeep();
    let mut pull = request.clone();
    pull.set_code(RequestCode::PULL_MESSAGE);
    measure(group, "metrics/Prometheus, pulls", &pull, metrics.layer(echo));
    handle.run_upkeep();
}

fn tasks(c: &mut Criterion) {
    let request = &processor::received();
    let echo = service_fn(rocketmq_tower_test_support::echo);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    let runtime = runtime.expect("a runtime");
    let mut group = c.benchmark_group("request_layers");
    let mut measure = |name: &str, service: &mut dyn FnMut(RemotingCommand)| {
        group.bench_function(name, |bench| bench.iter(|| service(black_box(request).clone())));
    };
    macro_rules! measure {
        ($name:expr, $service:expr) => {
            let mut service = $service;
            measure($name, &mut |request| {
                runtime.block_on(async {
                    let ready = service.ready().await.expect("always ready");
                    ready.call(request).await.expect("an answer");
                });
            });
        };
    }
    measure!("task/none", echo);
    measure!("task/spawn", SpawnLayer::new().layer(echo));
    measure!("task/work_queue", WorkQueueLayer::new(16).layer(echo));
    measure!("task/work_queue, queue", WorkQueueLayer::new(16).queue(1000).layer(echo));
}

criterion_group!(benches, request_layers, policies, trace, metrics, tasks);
criterion_main!(benches);
