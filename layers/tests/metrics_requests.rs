//! `metrics` at the request level.
#![cfg(feature = "metrics")]
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

mod common;
#[path = "common/scrape.rs"]
mod scrapes;

use common::{parking, served};
use prometheus_parse::Value;
use rocketmq_tower_core::{Abort, BoxError, RemotingCommand, RequestCode, ResponseCode};
use rocketmq_tower_layers::identity::claimed_user;
use rocketmq_tower_layers::metrics::{
    BODIES_RECEIVED, BODIES_SENT, DEFERRED, DURATION, Detail, IN_FLIGHT, LATENCY_BUCKETS, REFUSED,
    REQUESTS, RPC_LATENCY,
};
use rocketmq_tower_test_support::{SECOND, assert_accessors, soon};
use scrapes::{find, latency, metrics, scrape, value};
use std::collections::BTreeMap;
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};
use tower::{Layer, Service, ServiceExt, service_fn};

/// Takes a second. Succeeds, is refused, fails, panics or gives no response, depending on the
/// request's code.
async fn by_code(request: RemotingCommand) -> Result<Option<RemotingCommand>, BoxError> {
    sleep(SECOND).await;
    match request.code() {
        1 => Ok(None),
        2 => Err(Abort::new(ResponseCode::SYSTEM_BUSY, "busy").into()),
        3 => Err("broken".into()),
        4 => panic!("on purpose"),
        _ => Ok(Some(RemotingCommand::response(ResponseCode::SUCCESS))),
    }
}

async fn ask<S>(service: &mut S, request: RemotingCommand)
where
    S: Service<RemotingCommand, Error = BoxError>,
{
    _ = service.ready().await.expect("ready").call(request).await;
}

#[tokio::test(start_paused = true)]
async fn latency_has_javas_name_labels_and_buckets() {
    let (layer, handle) = metrics();
    let mut service = layer.build().layer(service_fn(by_code));
    for _ in 0..3 {
        ask(&mut service, RemotingCommand::request(RequestCode::SEND_MESSAGE_V2)).await;
    }
    let scrape = scrape(&handle);
    let [sample] = find(&scrape, RPC_LATENCY, &[])[..] else { panic!("one series") };
    let labels: BTreeMap<_, _> = sample.labels.iter().map(|(k, v)| (&**k, &**v)).collect();
    let expected = BTreeMap::from([
        ("protocol_type", "remoting"),
        ("request_code", "send_message_v2"),
        ("response_code", "success"),
        ("is_long_polling", "false"),
        ("result", "success"),
    ]);
    assert_eq!(labels, expected);
    let Value::Histogram(buckets) = &sample.value else { panic!("{:?}", sample.value) };
    let bounds: Vec<_> = buckets.iter().map(|bucket| bucket.less_than).collect();
    assert_eq!(bounds, [&LATENCY_BUCKETS[..], &[f64::INFINITY]].concat());
    // Each request took one second.
    let counts: Vec<_> = buckets.iter().map(|bucket| bucket.count as usize).collect();
    assert_eq!(counts, [0, 0, 0, 0, 0, 0, 3, 3, 3, 3]);
    assert_eq!(latency(&handle, &[]), (3.0, 3000.0));
}

#[tokio::test(start_paused = true)]
async fn errors_count_as_their_answers_and_refusals_by_themselves() {
    let (layer, handle) = metrics();
    let mut service = layer.build().layer(service_fn(by_code));
    for code in [2, 2, 3] {
        ask(&mut service, RemotingCommand::request(code)).await;
    }
    let labels = [("request_code", "2"), ("response_code", "system_busy"), ("result", "success")];
    assert_eq!(latency(&handle, &labels), (2.0, 2000.0));
    let labels = [("request_code", "3"), ("response_code", "system_error"), ("result", "success")];
    assert_eq!(latency(&handle, &labels).0, 1.0);
    assert_eq!(value(&handle, REFUSED, &[("response_code", "system_busy")]), 2.0);
    assert_eq!(find(&scrape(&handle), REFUSED, &[]).len(), 1, "an error is no refusal");
}

#[tokio::test(start_paused = true)]
async fn oneway_requests_and_those_that_end_early_say_so() {
    let (layer, handle) = metrics();
    let mut service = layer.build().layer(service_fn(by_code));
    ask(&mut service, RemotingCommand::request(15).oneway()).await;
    ask(&mut service, RemotingCommand::request(1).oneway()).await;
    assert_eq!(latency(&handle, &[("response_code", "success"), ("result", "oneway")]).0, 1.0);
    assert_eq!(latency(&handle, &[("request_code", "1"), ("result", "oneway")]).0, 1.0);

    let call = service.ready().await.expect("ready").call(RemotingCommand::request(310));
    assert_eq!(value(&handle, IN_FLIGHT, &[]), 1.0);
    timeout(SECOND / 2, call).await.expect_err("it takes a second");
    assert_eq!(value(&handle, IN_FLIGHT, &[]), 0.0);
    let labels = [("request_code", "send_message_v2"), ("result", "cancelled")];
    assert_eq!(latency(&handle, &labels), (1.0, 500.0));

    let call = service.ready().await.expect("ready").call(RemotingCommand::request(4));
    tokio::spawn(call).await.expect_err("it panics");
    let labels = [("request_code", "4"), ("result", "process_request_failed")];
    assert_eq!(latency(&handle, &labels), (1.0, 1000.0));
    assert_eq!(value(&handle, IN_FLIGHT, &[]), 0.0);
    assert_eq!(value(&handle, DEFERRED, &[]), 0.0);
}

#[tokio::test(start_paused = true)]
async fn late_answers_are_long_polling_and_last_until_they_are_given() {
    let (layer, handle) = metrics();
    let (park, mut parked) = mpsc::unbounded_channel();
    let channel = served(layer.build(), parking(park));
    let pull = |code| {
        let channel = channel.clone();
        tokio::spawn(
            async move { channel.invoke(RemotingCommand::request(code), 99 * SECOND).await },
        )
    };
    let call = pull(11);
    let deferred = soon(parked.recv()).await.expect("a request");
    sleep(5 * SECOND).await;
    assert_eq!(value(&handle, IN_FLIGHT, &[]), 0.0);
    assert_eq!(value(&handle, DEFERRED, &[]), 1.0);
    assert_eq!(latency(&handle, &[]), (0.0, 0.0), "not before it is answered");
    deferred.send(RemotingCommand::response(ResponseCode::PULL_NOT_FOUND)).expect("open");
    soon(call).await.expect("no panic").expect("an answer");
    let labels = [("is_long_polling", "true"), ("response_code", "pull_not_found")];
    assert_eq!(latency(&handle, &labels), (1.0, 5000.0));

    // The driver answers a deferred request whose responder is dropped.
    let call = pull(11);
    drop(soon(parked.recv()).await);
    let answer = soon(call).await.expect("no panic").expect("an answer");
    assert_eq!(answer.response_code(), ResponseCode::SYSTEM_ERROR);
    let labels = [("is_long_polling", "true"), ("response_code", "system_error")];
    assert_eq!(latency(&handle, &labels).0, 1.0);

    // Any request may be deferred, whatever its code is.
    let call = pull(77);
    let deferred = soon(parked.recv()).await.expect("a request");
    deferred.send(RemotingCommand::response(ResponseCode::SUCCESS)).expect("open");
    soon(call).await.expect("no panic").expect("an answer");
    assert_eq!(latency(&handle, &[("request_code", "77"), ("is_long_polling", "true")]).0, 1.0);
    assert_eq!(find(&scrape(&handle), RPC_LATENCY, &[]).len(), 3);
    assert_eq!(value(&handle, DEFERRED, &[]), 3.0);
}

#[tokio::test(start_paused = true)]
async fn a_deferred_request_whose_connection_closes_is_cancelled() {
    let (layer, handle) = metrics();
    let (park, mut parked) = mpsc::unbounded_channel();
    let channel = served(layer.build(), parking(park));
    let closing = channel.clone();
    let call =
        tokio::spawn(async move { channel.invoke(RemotingCommand::request(77), 9 * SECOND).await });
    let deferred = soon(parked.recv()).await.expect("a request");
    closing.close("the test ends it");
    soon(deferred.channel().closed()).await;
    soon(call).await.expect("no panic").expect_err("closed");
    let labels = [("request_code", "77"), ("is_long_polling", "true"), ("result", "cancelled")];
    assert_eq!(latency(&handle, &labels).0, 1.0);
    deferred.send(RemotingCommand::response(ResponseCode::SUCCESS)).expect_err("closed");
    assert_eq!(find(&scrape(&handle), RPC_LATENCY, &[]).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn codes_without_end_become_no_more_than_so_many_series() {
    let (layer, handle) = metrics();
    let mut service = layer.build().layer(service_fn(by_code));
    for code in 1_000_000..1_000_200 {
        ask(&mut service, RemotingCommand::request(code)).await;
    }
    for _ in 0..2 {
        ask(&mut service, RemotingCommand::request(RequestCode::HEART_BEAT)).await;
    }
    assert_eq!(find(&scrape(&handle), RPC_LATENCY, &[]).len(), 32 + 1 + 1);
    assert_eq!(latency(&handle, &[("request_code", "other")]).0, 168.0);
    assert_eq!(latency(&handle, &[("request_code", "1000031")]).0, 1.0);
    assert_eq!(latency(&handle, &[("request_code", "heart_beat")]).0, 2.0);
}

#[tokio::test(start_paused = true)]
async fn series_are_bounded_whatever_the_answers_are() {
    let (layer, handle) = metrics();
    let odd = |request: RemotingCommand| async move {
        let code = ResponseCode::ALL[request.opaque() as usize];
        Ok::<_, BoxError>(RemotingCommand::response(code))
    };
    let mut service = layer.build().layer(service_fn(odd));
    for code in &RequestCode::ALL[..20] {
        for at in 0..50 {
            let mut request = RemotingCommand::request(*code);
            request.set_opaque(at);
            ask(&mut service, request).await;
        }
    }
    assert_eq!(find(&scrape(&handle), RPC_LATENCY, &[]).len(), 512 + 1);
    assert_eq!(latency(&handle, &[("result", "other")]).0, (20 * 50 - 512) as f64);
}

#[tokio::test(start_paused = true)]
async fn labels_of_ones_own_are_on_everything() {
    let (layer, handle) = metrics();
    let mut service = layer.label("server", "a").build().layer(service_fn(by_code));
    for code in [310, 2] {
        ask(&mut service, RemotingCommand::request(code)).await;
    }
    let scrape = scrape(&handle);
    let labelled = find_all(&scrape, "server", "a");
    assert_eq!((labelled, scrape.samples.len()), (scrape.samples.len(), labelled));
    assert!(labelled > 10);
}

fn find_all(scrape: &prometheus_parse::Scrape, name: &str, value: &str) -> usize {
    scrape.samples.iter().filter(|sample| sample.labels.get(name) == Some(value)).count()
}

#[test]
fn accessors() {
    assert_accessors!(rocketmq_tower_layers::MetricsLayer::default());
}

/// Sends to a topic, as a user.
fn send(topic: &str, user: &str) -> RemotingCommand {
    RemotingCommand::request(RequestCode::SEND_MESSAGE_V2)
        .with_ext_field("b", topic)
        .with_ext_field("AccessKey", user)
        .with_body("four")
}

/// Takes a second, and answers with five bytes; refuses to send to the topic `closed`.
async fn by_topic(request: RemotingCommand) -> Result<Option<RemotingCommand>, BoxError> {
    sleep(SECOND).await;
    match request.ext_fields().get("b") {
        Some("closed") => Err(Abort::new(ResponseCode::NO_PERMISSION, "closed").into()),
        _ if request.is_oneway() => Ok(None),
        _ => Ok(Some(RemotingCommand::response(ResponseCode::SUCCESS).with_body("fives"))),
    }
}

#[tokio::test(start_paused = true)]
async fn detail_counts_by_topic_by_code_and_by_labels_of_requests() {
    let (layer, handle) = metrics();
    let detail = Detail::new(10).label("user", claimed_user);
    let mut service = layer.detail(detail).build().layer(service_fn(by_topic));
    for request in [
        send("orders", "shop"),
        send("orders", "shop"),
        send("orders", "billing"),
        // Refused: its name gets no label of its own.
        send("closed", "shop"),
        send("orders", "shop").oneway(),
        RemotingCommand::request(RequestCode::HEART_BEAT),
        RemotingCommand::request(7777),
    ] {
        ask(&mut service, request).await;
    }
    let shop = [("user", "shop"), ("topic", "orders"), ("request_code", "send_message_v2")];
    let with = |code| [&shop[..], &[("response_code", code)]].concat();
    assert_eq!(value(&handle, REQUESTS, &with("success")), 2.0);
    assert_eq!(value(&handle, REQUESTS, &with("none")), 1.0);
    assert_eq!(value(&handle, DURATION, &shop), 3_000_000.0);
    assert_eq!(value(&handle, BODIES_RECEIVED, &shop), 12.0);
    assert_eq!(value(&handle, BODIES_SENT, &shop), 10.0);
    assert_eq!(value(&handle, BODIES_SENT, &[("user", "billing")]), 5.0);
    let closed = [("topic", "other"), ("response_code", "no_permission")];
    assert_eq!(value(&handle, REQUESTS, &closed), 1.0);
    let none = [("topic", ""), ("request_code", "heart_beat"), ("response_code", "success")];
    assert_eq!(value(&handle, REQUESTS, &none), 1.0);
    assert_eq!(value(&handle, DURATION, &[("request_code", "other")]), 1_000_000.0);
}

#[tokio::test(start_paused = true)]
async fn a_response_that_was_deferred_is_counted_when_it_is_given() {
    let (layer, handle) = metrics();
    let (park, mut parked) = mpsc::unbounded_channel();
    let channel = served(layer.detail(Detail::new(10)).build(), parking(park));
    let call = tokio::spawn(async move {
        let pull = RemotingCommand::request(RequestCode::PULL_MESSAGE).with_ext_field("topic", "T");
        channel.invoke(pull, 9 * SECOND).await
    });
    let deferred = soon(parked.recv()).await.expect("a request");
    assert_eq!(value(&handle, BODIES_SENT, &[("topic", "T")]), 0.0);
    let response = RemotingCommand::response(ResponseCode::SUCCESS).with_body("messages");
    deferred.send(response).expect("open");
    soon(call).await.expect("no panic").expect("an answer");
    assert_eq!(value(&handle, BODIES_SENT, &[("topic", "T")]), 8.0);
    assert_eq!(value(&handle, REQUESTS, &[("topic", "T"), ("response_code", "success")]), 1.0);
}

#[tokio::test(start_paused = true)]
async fn detail_has_a_bounded_number_of_topics_and_of_sets() {
    let (layer, handle) = metrics();
    let mut service = layer.detail(Detail::new(2).max_sets(4)).build().layer(service_fn(by_topic));
    for topic in ["a", "b", "c", "d", "a", &"x".repeat(1000)] {
        ask(&mut service, send(topic, "")).await;
    }
    let topic =
        |topic| value(&handle, DURATION, &[("topic", topic), ("request_code", "send_message_v2")]);
    assert_eq!(["a", "b", "c", "other"].map(topic), [2_000_000.0, 1_000_000.0, 0.0, 3_000_000.0]);
    for code in 1..100 {
        ask(&mut service, RemotingCommand::request(code)).await;
    }
    let scrape = scrape(&handle);
    assert_eq!(find(&scrape, DURATION, &[]).len(), 5);
    assert_eq!(find(&scrape, DURATION, &[("topic", "other"), ("request_code", "other")]).len(), 1);
}
