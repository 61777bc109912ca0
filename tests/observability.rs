//! `trace`, `metrics` and `code_distribution` together, around a server.
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

mod common;

use common::run;
use metrics_util::debugging::{DebugValue, DebuggingRecorder, Snapshotter};
use rocketmq_tower::channel::Responder;
use rocketmq_tower::layers::metrics::{
    ACCEPTED, CONNECTIONS, DISCONNECTS, IN_FLIGHT, REFUSED, RPC_LATENCY, SENT,
};
use rocketmq_tower::layers::{CodeDistributionLayer, MetricsLayer, TraceLayer};
use rocketmq_tower::{RemotingCommand, RequestCode, ResponseCode, Router, Server, service_fn};
use rocketmq_tower_test_support::{Raw, echo, request, soon};
use std::collections::BTreeMap;
use tokio::sync::mpsc;

/// Counters, gauges, and the number of samples of each histogram, by name and labels.
struct Totals {
    snapshotter: Snapshotter,
    values: BTreeMap<String, f64>,
}

impl Totals {
    /// Adds what changed since the last call: taking a snapshot sets everything to zero.
    fn update(&mut self) -> BTreeMap<String, f64> {
        for (key, _, _, value) in self.snapshotter.snapshot().into_vec() {
            let labels = ["request_code", "response_code", "is_long_polling", "reason"]
                .map(|name| key.key().labels().find(|label| label.key() == name))
                .map(|label| label.map_or("", |label| label.value()));
            let name = format!("{} {}", key.key().name(), labels.join(" ").trim());
            let value = match value {
                DebugValue::Counter(count) => count as f64,
                DebugValue::Gauge(value) => value.into_inner(),
                DebugValue::Histogram(samples) => samples.len() as f64,
            };
            *self.values.entry(name.trim().to_owned()).or_default() += value;
        }
        self.values.clone()
    }
}

#[tokio::test]
async fn what_layers_say_of_a_server_over_sockets() {
    let recorder = DebuggingRecorder::new();
    let mut totals = Totals { snapshotter: recorder.snapshotter(), values: BTreeMap::new() };
    let metrics = MetricsLayer::builder().recorder(recorder).build();
    let traffic = CodeDistributionLayer::new();
    let trace = TraceLayer::new();
    let (park, mut parked) = mpsc::unbounded_channel::<Responder>();
    let pull = service_fn(move |request: RemotingCommand| {
        let parked = request.defer().map(|deferred| park.send(deferred));
        async move { parked.map(|_| None::<RemotingCommand>) }
    });
    let router = Router::builder()
        .route(RequestCode::SEND_MESSAGE_V2, service_fn(echo))
        .route(RequestCode::PULL_MESSAGE, pull)
        .build()
        .expect("a router");
    let server = Server::new(router)
        .connection_layer(metrics.clone())
        .connection_layer(trace.clone())
        .layer(metrics)
        .layer(trace)
        .layer(traffic.clone());
    let server = run(server.bind("127.0.0.1:0").await.expect("a port"));

    let mut client = Raw::connect(server.addr).await;
    client.send(&request(11, 1)).await;
    let deferred = soon(parked.recv()).await.expect("a pull");
    for opaque in 2..5 {
        assert_eq!(client.call(&request(310, opaque)).await.code(), 0);
    }
    assert_eq!(client.call(&request(77, 5)).await.code(), 3, "not supported");
    let before = totals.update();
    assert_eq!((before[CONNECTIONS], before[ACCEPTED], before[IN_FLIGHT]), (1.0, 1.0, 0.0));
    deferred.send(RemotingCommand::response(ResponseCode::PULL_NOT_FOUND)).expect("open");
    assert_eq!(client.next().await.expect("an answer").opaque(), 1);
    server.stop().await;
    drop(client);

    let after = totals.update();
    let count = |labels: &str| after[&format!("{RPC_LATENCY} {labels}")];
    assert_eq!(count("send_message_v2 success false"), 3.0);
    assert_eq!(count("pull_message pull_not_found true"), 1.0);
    assert_eq!(count("77 request_code_not_supported false"), 1.0);
    assert_eq!(after[&format!("{REFUSED} request_code_not_supported")], 1.0);
    assert_eq!(after[CONNECTIONS], 0.0);
    assert_eq!(after[&format!("{DISCONNECTS} drained")], 1.0);
    assert!(after[SENT] > before[SENT]);
    assert_eq!(traffic.traffic().requests().to_string(), "{11:1, 77:1, 310:3}");
    assert_eq!(traffic.traffic().responses().to_string(), "{0:3, 3:1, 19:1}");
}
