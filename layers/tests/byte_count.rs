//! `byte_count`.
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

mod common;

use common::{driver, start};
use rocketmq_tower_core::{Channel, RemotingCommand};
use rocketmq_tower_layers::ByteCountLayer;
use rocketmq_tower_layers::byte_count::ByteCount;
use rocketmq_tower_test_support::{Raw, assert_accessors, echo, encode, request, soon};
use tower::{Layer, ServiceBuilder, service_fn};

fn counts(count: &ByteCount) -> (u64, u64) {
    (count.bytes_read(), count.bytes_written())
}

fn of(channel: &Channel) -> ByteCount {
    channel.extensions().get::<ByteCount>().expect("a count").clone()
}

fn length(command: &RemotingCommand) -> u64 {
    encode(command).len() as u64
}

#[tokio::test(start_paused = true)]
async fn bytes_count_for_the_connection_and_for_all() {
    let layer = ByteCountLayer::new();
    let total = layer.clone().total();
    let service = layer.layer(driver(service_fn(echo)));
    let (mut read, mut written) = (0, 0);
    for body in [0, 10, 100_000] {
        let (peer, channel, life) = start(service.clone());
        let mut peer = Raw::new(peer);
        let ping = request(1, 1).with_body(vec![7; body]);
        let answer = peer.call(&ping).await;
        assert_eq!(answer.body().len(), body);
        let expected = (length(&ping), length(&answer));
        assert_eq!(counts(&of(&channel)), expected);
        (read, written) = (read + expected.0, written + expected.1);
        assert_eq!(counts(&total), (read, written), "all connections so far");
        drop(peer);
        let Ok(_end) = soon(life).await.expect("no panic");
        assert_eq!(counts(&of(&channel)), expected, "also after the end");
    }
}

#[tokio::test(start_paused = true)]
async fn each_layer_has_its_total() {
    let (outer, inner) = (ByteCountLayer::new(), ByteCountLayer::new());
    let (one, two) = (outer.total(), inner.total());
    let service = ServiceBuilder::new().layer(outer).layer(inner).service(driver(service_fn(echo)));
    let (peer, channel, _life) = start(service);
    Raw::new(peer).call(&request(1, 1)).await;
    assert!(one.bytes_read() > 0);
    assert_eq!(counts(&one), counts(&two));
    assert_eq!(counts(&of(&channel)), counts(&one));
}

#[test]
fn accessors() {
    assert_accessors!(ByteCountLayer::new());
}
