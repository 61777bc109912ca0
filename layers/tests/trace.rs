//! `trace`.
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

mod common;

use common::logged::Logged;
use common::{connection, driver, parking, served};
use rocketmq_tower_core::{Abort, BoxError, RemotingCommand, ResponseCode};
use rocketmq_tower_layers::TraceLayer;
use rocketmq_tower_test_support::{SECOND, assert_accessors, encode, sleeper, soon};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::mpsc;
use tokio::time::sleep;
use tower::{Layer, Service, ServiceExt, service_fn};
use tracing::Level;

/// Logs, waits a second, and answers. Fails if the code is 2.
async fn logging(request: RemotingCommand) -> Result<Option<RemotingCommand>, BoxError> {
    tracing::info!("working");
    sleep(SECOND).await;
    tracing::info!("done");
    match request.code() {
        2 => Err(Abort::new(ResponseCode::NO_PERMISSION, "not you").into()),
        _ if request.is_oneway() => Ok(None),
        _ => Ok(Some(RemotingCommand::response(ResponseCode::TOPIC_NOT_EXIST))),
    }
}

/// The text of a request's span, with `rest` as its last fields.
fn span(method: &str, oneway: bool, rest: &str) -> String {
    format!(
        "rocketmq.request{{rpc.system=\"rocketmq\" rpc.method={method} otel.kind=\"server\" \
         rocketmq.opaque=0 rocketmq.oneway={oneway} network.peer.address=127.0.0.1 \
         network.peer.port=5000{rest}}}: "
    )
}

#[tokio::test(start_paused = true)]
async fn what_a_request_logs_is_in_its_span_and_its_end_is_told() {
    let (logged, _guard) = Logged::start(Level::DEBUG);
    let channel = served(TraceLayer::new(), service_fn(logging));
    let answer = channel.invoke(RemotingCommand::request(310), 3 * SECOND).await;
    assert_eq!(answer.expect("an answer").response_code(), ResponseCode::TOPIC_NOT_EXIST);
    let before = span("SEND_MESSAGE_V2", false, "");
    let after = span("SEND_MESSAGE_V2", false, " rocketmq.response_code=TOPIC_NOT_EXIST");
    assert_eq!(
        logged.take(),
        [
            format!("INFO {before}trace: working"),
            format!("INFO {before}trace: done"),
            format!("DEBUG {after}rocketmq_tower::trace: answered latency_us=1000000"),
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn the_topic_and_the_target_of_a_request_are_told() {
    let (logged, _guard) = Logged::start(Level::DEBUG);
    let layer = TraceLayer::new().target_of(|request| request.ext_fields().get("broker"));
    let channel = served(layer, service_fn(logging));
    let request = RemotingCommand::request(11)
        .with_ext_field("topic", "orders")
        .with_ext_field("broker", "broker-a/0");
    _ = channel.invoke(request, 3 * SECOND).await.expect("an answer");
    let fields = " messaging.destination.name=\"orders\" rocketmq.target=\"broker-a/0\"";
    let line = format!("INFO {}trace: working", span("PULL_MESSAGE", false, fields));
    assert_eq!(logged.take().first(), Some(&line));
}

#[tokio::test(start_paused = true)]
async fn failures_tell_the_error_and_what_it_is_answered_with() {
    let (logged, _guard) = Logged::start(Level::DEBUG);
    let layer = TraceLayer::new().failure_level(Level::ERROR);
    let channel = served(layer, service_fn(logging));
    _ = channel.invoke(RemotingCommand::request(2), 3 * SECOND).await.expect("an answer");
    let fields = " rocketmq.response_code=NO_PERMISSION error=aborted with NO_PERMISSION: not you";
    let line = format!(
        "ERROR {}rocketmq_tower::trace: failed latency_us=1000000 \
         error=aborted with NO_PERMISSION: not you",
        span("2", false, fields)
    );
    assert_eq!(logged.take().pop(), Some(line));
}

#[tokio::test(start_paused = true)]
async fn oneway_requests_end_without_an_answer() {
    let (logged, _guard) = Logged::start(Level::DEBUG);
    let channel = served(TraceLayer::new(), service_fn(logging));
    channel.invoke_oneway(RemotingCommand::request(15)).await.expect("sent");
    sleep(2 * SECOND).await;
    let line = format!(
        "DEBUG {}rocketmq_tower::trace: done latency_us=1000000",
        span("UPDATE_CONSUMER_OFFSET", true, "")
    );
    assert_eq!(logged.take().pop(), Some(line));
}

#[tokio::test(start_paused = true)]
async fn a_deferred_request_is_told_of_when_it_is_answered() {
    let (logged, _guard) = Logged::start(Level::DEBUG);
    let (park, mut parked) = mpsc::unbounded_channel();
    let channel = served(TraceLayer::new(), parking(park));
    let call = tokio::spawn({
        let channel = channel.clone();
        async move { channel.invoke(RemotingCommand::request(11), 9 * SECOND).await }
    });
    let deferred = soon(parked.recv()).await.expect("a request");
    sleep(5 * SECOND).await;
    assert_eq!(logged.take(), [""; 0]);
    deferred.send(RemotingCommand::response(ResponseCode::SUCCESS)).expect("open");
    soon(call).await.expect("no panic").expect("an answer");
    let fields = " rocketmq.deferred=true rocketmq.response_code=SUCCESS";
    let line = format!(
        "DEBUG {}rocketmq_tower::trace: answered latency_us=5000000",
        span("PULL_MESSAGE", false, fields)
    );
    assert_eq!(logged.take(), [line]);
}

#[tokio::test(start_paused = true)]
async fn a_request_that_nobody_waits_for_any_more_is_cancelled() {
    let (logged, _guard) = Logged::start(Level::INFO);
    let mut service = TraceLayer::new().level(Level::INFO).layer(service_fn(logging));
    let call = service.ready().await.expect("ready").call(RemotingCommand::request(310));
    assert!(tokio::time::timeout(SECOND / 2, call).await.is_err());
    let last = logged.take().pop().expect("a line");
    assert!(last.starts_with("INFO rocketmq.request{rpc.system=\"rocketmq\""), "{last}");
    assert!(last.contains("otel.kind=\"client\" rocketmq.opaque=0"), "{last}");
    assert!(last.ends_with("rocketmq_tower::trace: cancelled latency_us=500000"), "{last}");
}

#[tokio::test(start_paused = true)]
async fn requests_are_in_the_span_of_their_connection() {
    let (logged, _guard) = Logged::start(Level::DEBUG);
    let mut service = TraceLayer::new().layer(driver(service_fn(logging)));
    let (mut peer, conn) = connection();
    let id = conn.channel().id();
    let life = tokio::spawn(service.call(conn));
    peer.write_all(&encode(&RemotingCommand::request(310))).await.expect("open");
    assert!(soon(peer.read(&mut [0; 1000])).await.expect("an answer") > 0);
    drop(peer);
    soon(life).await.expect("no panic").expect("infallible");
    let span = format!(
        "rocketmq.connection{{rocketmq.connection.id={id} network.peer.address=127.0.0.1 \
         network.peer.port=5000 network.local.address=127.0.0.1 network.local.port=10911"
    );
    let lines = logged.take();
    assert_eq!(lines[0], format!("INFO {span}}}: trace: working"));
    let reason = "the peer closed the connection";
    let end = format!(
        "DEBUG {span} rocketmq.close_reason={reason}}}: rocketmq_tower::trace: ended \
         latency_us=1000000 reason=\"{reason}\""
    );
    assert_eq!(lines.last(), Some(&end));
}

#[tokio::test(start_paused = true)]
async fn a_sample_is_traced_and_the_rest_is_not() {
    let (logged, _guard) = Logged::start(Level::DEBUG);
    let layers = [
        (TraceLayer::new().every(3), 2),
        (TraceLayer::new().every(1), 6),
        (TraceLayer::new().every(0), 0),
        (TraceLayer::new().sample(|request| request.code() == 2), 1),
    ];
    for (layer, traced) in layers {
        for code in 0..6 {
            // The count is shared by all services of the layer.
            let mut service = layer.clone().layer(service_fn(sleeper));
            _ = service.ready().await.expect("ready").call(RemotingCommand::request(code)).await;
        }
        assert_eq!(logged.take().len(), traced, "{layer:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_done_when_the_level_is_disabled() {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let layer = TraceLayer::new().sample(move |_| {
        count.fetch_add(1, Ordering::Relaxed);
        true
    });
    let watched = service_fn(|request: RemotingCommand| async move {
        Ok::<_, BoxError>(RemotingCommand::response(request.code()))
    });
    for (level, expected) in [(Level::INFO, 0), (Level::DEBUG, 1)] {
        let (logged, _guard) = Logged::start(level);
        let mut service = layer.layer(watched);
        let answer = service.ready().await.expect("ready").call(RemotingCommand::request(11)).await;
        answer.expect("an answer");
        // Without sampling there is no span and no line.
        let done = (asked.load(Ordering::Relaxed), logged.take().len());
        assert_eq!(done, (expected, expected));
    }
}

#[test]
fn accessors() {
    assert_accessors!(TraceLayer::default());
}
