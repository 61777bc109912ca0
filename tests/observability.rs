//! `trace`, `metrics` and `code_distribution` together, around a server.
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

mod common;

use common::run;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use prometheus_parse::{Scrape, Value};
use rocketmq_tower::channel::Responder;
use rocketmq_tower::layers::metrics::{
    ACCEPTED, CONNECTIONS, DISCONNECTS, IN_FLIGHT, LATENCY_BUCKETS, REFUSED, RPC_LATENCY, SENT,
};
use rocketmq_tower::layers::{CodeDistributionLayer, MetricsLayer, TraceLayer};
use rocketmq_tower::{RemotingCommand, RequestCode, ResponseCode, Router, Server, service_fn};
use rocketmq_tower_test_support::{Raw, echo, request, soon};
use std::collections::BTreeMap;
use tokio::sync::mpsc;

/// Returns counters, gauges, and the sample counts of histograms.
fn scrape(handle: &PrometheusHandle) -> BTreeMap<String, f64> {
    let scrape = Scrape::parse(handle.render().lines().map(|line| Ok(line.to_owned())));
    let mut values = BTreeMap::new();
    for sample in scrape.expect("sound").samples {
        let label = ["request_code", "response_code", "is_long_polling", "reason"]
            .map(|label| sample.labels.get(label).unwrap_or_default().to_owned());
        let label = label.join(" ");
        if let Value::Counter(value) | Value::Gauge(value) | Value::Untyped(value) = sample.value {
            values.insert(format!("{} {}", sample.metric, label.trim()).trim().to_owned(), value);
        }
    }
    values
}

#[tokio::test]
async fn what_layers_say_of_a_server_over_sockets() {
    let latency = Matcher::Full(RPC_LATENCY.to_owned());
    let builder = PrometheusBuilder::new().set_buckets_for_metric(latency, &LATENCY_BUCKETS);
    let recorder = builder.expect("buckets").build_recorder();
    let handle = recorder.handle();
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
    let before = scrape(&handle);
    assert_eq!((before[CONNECTIONS], before[ACCEPTED], before[IN_FLIGHT]), (1.0, 1.0, 0.0));
    deferred.send(RemotingCommand::response(ResponseCode::PULL_NOT_FOUND)).expect("open");
    assert_eq!(client.next().await.expect("an answer").opaque(), 1);
    server.stop().await;
    drop(client);

    let after = scrape(&handle);
    let count = |labels: &str| after[&format!("{RPC_LATENCY}_count {labels}")];
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
