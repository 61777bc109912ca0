//! `metrics` at the connection level.
#![cfg(feature = "metrics")]
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

mod common;
#[path = "common/scrape.rs"]
mod scrapes;

use common::{connection, driver};
use metrics_exporter_prometheus::PrometheusHandle;
use rocketmq_tower_core::driver::{ConnectionConfig, DriverService};
use rocketmq_tower_core::{RemotingCommand, ResponseCode};
use rocketmq_tower_layers::metrics::{
    ACCEPTED, CONNECTIONS, DISCONNECTS, DRAINING, RECEIVED, SENT,
};
use rocketmq_tower_layers::{IdleTimeoutLayer, MetricsLayer};
use rocketmq_tower_test_support::{SECOND, encode, sleeper, soon, within};
use scrapes::{metrics, value};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::sleep;
use tower::{Layer, Service, ServiceBuilder, service_fn};

fn gauges(handle: &PrometheusHandle) -> [f64; 3] {
    [CONNECTIONS, ACCEPTED, DRAINING].map(|name| value(handle, name, &[]))
}

fn ended(handle: &PrometheusHandle, reason: &str) -> f64 {
    value(handle, DISCONNECTS, &[("reason", reason)])
}

#[tokio::test(start_paused = true)]
async fn connections_are_counted_with_their_bytes_and_why_they_end() {
    let (layer, handle) = metrics();
    let mut service = ServiceBuilder::new()
        .layer(layer.build())
        .layer(IdleTimeoutLayer::new(60 * SECOND))
        .service(driver(service_fn(sleeper)));
    let (mut peer, one) = connection();
    let (_silent, two) = connection();
    let one = tokio::spawn(service.call(one));
    let two = tokio::spawn(service.call(two));
    let (request, mut answer) = (encode(&RemotingCommand::request(0)), [0; 1000]);
    peer.write_all(&request).await.expect("open");
    let length = soon(peer.read(&mut answer)).await.expect("an answer");
    assert_eq!(gauges(&handle), [2.0, 2.0, 0.0]);
    assert_eq!(value(&handle, RECEIVED, &[]), request.len() as f64);
    assert_eq!(value(&handle, SENT, &[]), length as f64);

    drop(peer);
    soon(one).await.expect("no panic").expect("infallible");
    assert_eq!((gauges(&handle), ended(&handle, "peer_closed")), ([1.0, 2.0, 0.0], 1.0));
    within(100 * SECOND, two).await.expect("no panic").expect("infallible");
    assert_eq!((gauges(&handle), ended(&handle, "idle")), ([0.0, 2.0, 0.0], 1.0));
}

#[tokio::test(start_paused = true)]
async fn connections_that_are_drained_show_until_they_end() {
    let (layer, handle) = metrics();
    let mut service = layer.build().layer(driver(service_fn(sleeper)));
    let (mut peer, conn) = connection();
    let channel = conn.channel();
    let life = tokio::spawn(service.call(conn));
    peer.write_all(&encode(&RemotingCommand::request(9))).await.expect("open");
    sleep(SECOND).await;
    channel.drain();
    sleep(SECOND).await;
    assert_eq!(gauges(&handle), [1.0, 1.0, 1.0]);
    soon(life).await.expect("no panic").expect("infallible");
    assert_eq!((gauges(&handle), ended(&handle, "drained")), ([0.0, 1.0, 0.0], 1.0));
}

#[tokio::test(start_paused = true)]
async fn a_connection_whose_task_is_aborted_is_counted_out() {
    let (layer, handle) = metrics();
    let mut service = layer.build().layer(driver(service_fn(sleeper)));
    let (_peer, conn) = connection();
    let life = tokio::spawn(service.call(conn));
    sleep(SECOND).await;
    life.abort();
    soon(life).await.expect_err("aborted");
    assert_eq!((gauges(&handle), ended(&handle, "aborted")), ([0.0, 1.0, 0.0], 1.0));
}

#[tokio::test(start_paused = true)]
async fn bytes_show_while_a_long_frame_is_still_under_way() {
    let (layer, handle) = metrics();
    let mut service = layer.build().layer(driver(service_fn(sleeper)));
    let (mut peer, conn) = connection();
    tokio::spawn(service.call(conn));
    let long = encode(&RemotingCommand::request(0).with_body(vec![0; 1 << 20]));
    let half = long.len() / 2;
    peer.write_all(&long[..half]).await.expect("open");
    sleep(SECOND).await;
    assert_eq!(value(&handle, RECEIVED, &[]), half as f64);
}

#[tokio::test(start_paused = true)]
async fn one_layer_works_at_both_levels() {
    let (layer, handle) = metrics();
    let layer = layer.build();
    let server =
        DriverService::server(layer.clone(), service_fn(sleeper), ConnectionConfig::server());
    let mut service = layer.layer(server);
    let (mut peer, conn) = connection();
    tokio::spawn(service.call(conn));
    peer.write_all(&encode(&RemotingCommand::request(2))).await.expect("open");
    assert!(soon(peer.read(&mut [0; 1000])).await.expect("an answer") > 0);
    let success = ResponseCode::SUCCESS.to_string().to_lowercase();
    assert_eq!(scrapes::latency(&handle, &[("response_code", &success)]), (1.0, 2000.0));
    assert_eq!(gauges(&handle), [1.0, 1.0, 0.0]);
}

#[tokio::test(start_paused = true)]
async fn without_a_recorder_all_works_as_well() {
    let mut service = MetricsLayer::new().layer(driver(service_fn(sleeper)));
    let (mut peer, conn) = connection();
    tokio::spawn(service.call(conn));
    peer.write_all(&encode(&RemotingCommand::request(0))).await.expect("open");
    assert!(soon(peer.read(&mut [0; 1000])).await.expect("an answer") > 0);
}
