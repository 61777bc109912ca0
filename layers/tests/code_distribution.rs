//! `code_distribution`.
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

mod common;

use common::logged::Logged;
use common::{parking, served};
use rocketmq_tower_core::error::UnsupportedCode;
use rocketmq_tower_core::{BoxError, RemotingCommand, RequestCode, ResponseCode};
use rocketmq_tower_layers::CodeDistributionLayer;
use rocketmq_tower_test_support::{SECOND, assert_accessors, sleeper, soon};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::sleep;
use tower::{Layer, Service, ServiceExt, service_fn};
use tracing::Level;

/// Succeeds, fails, or gives no response, depending on the request's code.
async fn by_code(request: RemotingCommand) -> Result<Option<RemotingCommand>, BoxError> {
    match request.code() {
        1 => Ok(None),
        2 => Err(UnsupportedCode(request.request_code()).into()),
        _ => Ok(Some(RemotingCommand::response(ResponseCode::SUCCESS))),
    }
}

async fn ask<S: Service<RemotingCommand>>(service: &mut S, code: i32, times: usize) {
    for _ in 0..times {
        let ready = service.ready().await.ok().expect("ready");
        _ = ready.call(RemotingCommand::request(code)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn each_second_is_logged_in_javas_words_and_silence_is_not() {
    let (logged, _guard) = Logged::start(Level::INFO);
    let channel = served(CodeDistributionLayer::new(), service_fn(sleeper));
    for code in [0, 0, 0] {
        let answer = channel.invoke(RemotingCommand::request(code), SECOND).await;
        assert!(answer.expect("an answer").response_code().is_success());
    }
    assert_eq!(logged.take(), [""; 0], "not before the second is over");
    // Now it is between two ticks.
    sleep(SECOND * 3 / 2).await;
    let lines = [
        "INFO RocketmqTraffic: Port: 10911, RequestCode Distribution: {0:3}",
        "INFO RocketmqTraffic: Port: 10911, ResponseCode Distribution: {0:3}",
    ];
    assert_eq!(logged.take(), lines);
    sleep(100 * SECOND).await;
    assert_eq!(logged.take(), [""; 0], "nothing came");
    _ = channel.invoke_oneway(RemotingCommand::request(0)).await;
    sleep(SECOND).await;
    assert_eq!(logged.take(), lines.map(|line| line.replace(":3}", ":1}"))[..1]);
}

#[tokio::test(start_paused = true)]
async fn a_period_of_zero_is_never() {
    let (logged, _guard) = Logged::start(Level::INFO);
    let layer = CodeDistributionLayer::new().period(Duration::ZERO);
    ask(&mut layer.layer(service_fn(by_code)), 310, 1).await;
    sleep(100 * SECOND).await;
    assert_eq!(logged.take(), [""; 0]);
    assert_eq!(layer.traffic().requests().get(RequestCode::SEND_MESSAGE_V2), 1);
}

#[tokio::test]
async fn services_of_one_layer_count_together_and_errors_as_their_answers() {
    let layer = CodeDistributionLayer::new();
    let traffic = layer.traffic();
    assert!(traffic.requests().is_empty() && traffic.responses().is_empty());
    let (mut one, mut two) =
        (layer.layer(service_fn(by_code)), layer.clone().layer(service_fn(by_code)));
    ask(&mut one, 310, 2).await;
    ask(&mut two, 310, 1).await;
    ask(&mut two, 1, 1).await;
    ask(&mut two, 2, 1).await;
    assert_eq!(traffic.requests().to_string(), "{1:1, 2:1, 310:3}");
    assert_eq!(traffic.responses().to_string(), "{0:3, 3:1}");
    let later = traffic.requests();
    assert!(later.since(&later).is_empty());
    assert_eq!(later.iter().collect::<Vec<_>>(), [(1, 1), (2, 1), (310, 3)]);
}

#[test]
fn threads_that_count_at_once_lose_nothing() {
    let layer = CodeDistributionLayer::new();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                tokio_test::block_on(ask(&mut layer.layer(service_fn(by_code)), 0, 10_000))
            });
        }
    });
    assert_eq!(layer.traffic().requests().to_string(), "{0:40000}");
    assert_eq!(layer.traffic().responses().to_string(), "{0:40000}");
}

#[tokio::test]
async fn codes_without_end_take_no_more_than_their_room() {
    let layer = CodeDistributionLayer::new();
    let mut service = layer.layer(service_fn(by_code));
    for code in 1000..2000 {
        ask(&mut service, code, 1).await;
    }
    let requests = layer.traffic().requests();
    assert_eq!((requests.iter().count(), requests.other()), (256, 1000 - 256));
    assert!(requests.to_string().ends_with(", 1255:1, other:744}"));
}

#[tokio::test(start_paused = true)]
async fn late_answers_count_when_they_are_given() {
    let layer = CodeDistributionLayer::new();
    let (park, mut parked) = mpsc::unbounded_channel();
    let channel = served(layer.clone(), parking(park));
    for (code, late) in [(11, Some(ResponseCode::PULL_NOT_FOUND)), (11, None), (10, None)] {
        let before = layer.traffic().responses();
        let call = tokio::spawn({
            let channel = channel.clone();
            async move { channel.invoke(RemotingCommand::request(code), 9 * SECOND).await }
        });
        let deferred = soon(parked.recv()).await.expect("a request");
        sleep(SECOND).await;
        assert_eq!(layer.traffic().responses(), before);
        match late {
            Some(code) => deferred.send(RemotingCommand::response(code)).expect("open"),
            None => drop(deferred),
        }
        soon(call).await.expect("no panic").expect("an answer");
    }
    assert_eq!(layer.traffic().responses().to_string(), "{1:2, 19:1}");
}

#[tokio::test(start_paused = true)]
async fn the_task_ends_when_nobody_counts_any_more() {
    let metrics = tokio::runtime::Handle::current().metrics();
    let layer = CodeDistributionLayer::new();
    ask(&mut layer.layer(service_fn(by_code)), 310, 1).await;
    assert_eq!(metrics.num_alive_tasks(), 1);
    drop(layer);
    sleep(SECOND * 3 / 2).await;
    assert_eq!(metrics.num_alive_tasks(), 0);
}

#[test]
fn without_a_runtime_it_counts_and_does_not_log() {
    let layer = CodeDistributionLayer::default();
    let mut service = layer.layer(service_fn(by_code));
    tokio_test::block_on(async {});
    drop(Service::call(&mut service, RemotingCommand::request(310)));
    assert_eq!(layer.traffic().requests().get(310), 1);
}

#[test]
fn accessors() {
    assert_accessors!(CodeDistributionLayer::default());
}
