//! `audit`.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "test code")]

mod common;

use common::logged::Logged;
use common::{
    assert_gives_its_permit_back, assert_passes_readiness_and_errors, parking, served, start,
};
use rocketmq_tower_core::message::SendHeader;
use rocketmq_tower_core::protocol::json;
use rocketmq_tower_core::subject::{Action, Kind};
use rocketmq_tower_core::{Abort, BoxError, RemotingCommand, RequestCode, ResponseCode};
use rocketmq_tower_layers::audit::{AuditStream, Event, Record, WhenFull};
use rocketmq_tower_layers::identity::claimed_user;
use rocketmq_tower_layers::{AuditLayer, RecoverLayer};
use rocketmq_tower_test_support::{Raw, SECOND, soon};
use std::collections::BTreeMap;
use tokio::sync::mpsc;
use tokio::time::sleep;
use tokio_test::{assert_pending, task};
use tower::{Layer, Service, ServiceBuilder, service_fn};
use tracing::Level;

const HEARTBEAT: &str =
    r#"{"clientID":"10.0.0.7@1","consumerDataSet":[],"producerDataSet":[{"groupName":"shop"}]}"#;

fn send(topic: &str) -> RemotingCommand {
    SendHeader::new("shop", topic, 3).request().with_ext_field("AccessKey", "ann")
}

/// Takes a second, and refuses the topic `secret`.
async fn processor(request: RemotingCommand) -> Result<RemotingCommand, BoxError> {
    sleep(SECOND).await;
    match request.ext_fields().get("b") {
        Some("secret") => Err(Abort::new(ResponseCode::NO_PERMISSION, "no").into()),
        _ => Ok(RemotingCommand::response(ResponseCode::SUCCESS)),
    }
}

async fn at_once(_: RemotingCommand) -> Result<RemotingCommand, BoxError> {
    Ok(RemotingCommand::response(ResponseCode::SUCCESS))
}

async fn record(events: &mut AuditStream) -> Record {
    match soon(events.recv()).await {
        Some(Event::Request(record)) => *record,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_record_says_who_what_and_what_came_of_it() {
    let (layer, mut events) = AuditLayer::new(10);
    let stack = ServiceBuilder::new().layer(RecoverLayer::new()).layer(layer.user_of(claimed_user));
    let (io, _, _) = start(common::driver(stack.service(service_fn(processor))));
    let mut peer = Raw::new(io);
    peer.call(&RemotingCommand::request(RequestCode::HEART_BEAT).with_body(HEARTBEAT)).await;
    let heartbeat = record(&mut events).await;
    assert_eq!((heartbeat.action, heartbeat.user.as_deref()), (Action::Session, None));
    assert_eq!(heartbeat.names_of(Kind::ProducerGroup).collect::<Vec<_>>(), ["shop"]);

    for (topic, code) in
        [("orders", ResponseCode::SUCCESS), ("secret", ResponseCode::NO_PERMISSION)]
    {
        assert_eq!(peer.call(&send(topic)).await.response_code(), code);
        let record = record(&mut events).await;
        assert_eq!((record.code, record.action), (RequestCode::SEND_MESSAGE_V2, Action::Send));
        assert_eq!((record.result, record.duration), (Some(code), SECOND));
        assert_eq!(record.names_of(Kind::Topic).collect::<Vec<_>>(), [topic]);
        assert_eq!((record.user.as_deref(), record.queue), (Some("ann"), Some(3)));
        assert_eq!(record.client.as_deref(), Some("10.0.0.7@1"), "from the heartbeat");
        assert_eq!(record.address.unwrap().to_string(), "127.0.0.1:5000");
    }
}

#[tokio::test(start_paused = true)]
async fn only_the_actions_that_are_asked_for_are_reported() {
    let (layer, mut events) = AuditLayer::new(10);
    let mut service = layer.action(Action::AdminTopic).layer(service_fn(at_once));
    let heartbeat = RemotingCommand::request(RequestCode::HEART_BEAT).with_body(HEARTBEAT);
    let delete = RemotingCommand::request(RequestCode::DELETE_TOPIC_IN_BROKER);
    for request in [heartbeat, send("orders"), delete.with_ext_field("topic", "orders")] {
        service.call(request).await.unwrap();
    }
    let record = record(&mut events).await;
    assert_eq!(record.code, RequestCode::DELETE_TOPIC_IN_BROKER);
    assert_eq!(
        record.client.as_deref(),
        Some("10.0.0.7@1"),
        "of a heartbeat that was not reported"
    );
    drop(service);
    assert!(soon(events.recv()).await.is_none(), "the layer and its services are gone");
}

#[tokio::test(start_paused = true)]
async fn bounded_names_and_bodies_that_cannot_be_read() {
    let (layer, mut events) = AuditLayer::new(10);
    let mut service = layer.layer(service_fn(at_once));
    let topics = vec!["t".repeat(1000); 70].join(";");
    let stats = RemotingCommand::request(RequestCode::GET_CONSUME_STATS);
    service.call(stats.with_ext_field("topicList", &topics)).await.unwrap();
    let many = record(&mut events).await;
    assert_eq!((many.names.len(), many.names_left_out, many.names[0].1.len()), (64, 6, 255));

    service.call(RemotingCommand::request(RequestCode::HEART_BEAT).with_body("{")).await.unwrap();
    assert!(record(&mut events).await.is_malformed);
}

#[tokio::test(start_paused = true)]
async fn dropped_events_are_counted_and_reported() {
    let (layer, mut events) = AuditLayer::new(2);
    let mut service = layer.clone().layer(service_fn(at_once));
    for topic in ["a", "b", "c", "d", "e"] {
        service.call(send(topic)).await.unwrap();
    }
    assert!(matches!(soon(events.recv()).await, Some(Event::Dropped { count: 3, .. })));
    for topic in ["a", "b"] {
        assert_eq!(record(&mut events).await.names_of(Kind::Topic).next(), Some(topic));
    }
    service.call(send("f")).await.unwrap();
    assert_eq!(
        record(&mut events).await.names_of(Kind::Topic).next(),
        Some("f"),
        "there is room again"
    );

    for topic in ["g", "h", "i"] {
        service.call(send(topic)).await.unwrap();
    }
    drop((layer, service));
    let mut rest = Vec::new();
    while let Some(event) = events.recv().await {
        rest.push(matches!(event, Event::Dropped { count: 1, .. }));
    }
    assert_eq!(rest, [true, false, false]);
}

#[tokio::test(start_paused = true)]
async fn responses_wait_for_room() {
    let (layer, mut events) = AuditLayer::new(1);
    let mut service = layer.when_full(WhenFull::Wait).layer(service_fn(at_once));
    service.call(send("a")).await.unwrap();
    let mut second = task::spawn(service.call(send("b")));
    assert_pending!(second.poll());
    assert_eq!(record(&mut events).await.names_of(Kind::Topic).next(), Some("a"));
    assert!(second.is_woken());
    second.await.unwrap();
    let third = task::spawn(service.call(send("c")));
    drop(third);
    for topic in ["b", "c"] {
        let record = record(&mut events).await;
        assert_eq!(record.names_of(Kind::Topic).next(), Some(topic));
        assert_eq!(record.result.is_some(), topic == "b", "what is dropped does not wait");
    }
}

#[tokio::test(start_paused = true)]
async fn deferred_responses_are_reported_when_they_are_sent() {
    for when_full in [WhenFull::Drop, WhenFull::Wait] {
        let (parked, mut responders) = mpsc::unbounded_channel();
        let (layer, mut events) = AuditLayer::new(1);
        let channel = served(layer.when_full(when_full), parking(parked));
        let pull = RemotingCommand::request(RequestCode::PULL_MESSAGE).with_ext_field("topic", "T");
        let (answer, ()) = tokio::join!(channel.invoke(pull, 9 * SECOND), async {
            let responder = responders.recv().await.expect("parked");
            sleep(SECOND).await;
            assert_pending!(task::spawn(events.recv()).poll());
            responder.send(RemotingCommand::response(ResponseCode::PULL_NOT_FOUND)).expect("open");
        });
        answer.expect("an answer");
        let record = record(&mut events).await;
        assert_eq!((record.result, record.duration), (Some(ResponseCode::PULL_NOT_FOUND), SECOND));
    }
}

#[tokio::test(start_paused = true)]
async fn events_are_written_as_lines_of_json() {
    let (layer, mut events) = AuditLayer::new(1);
    let mut service = layer.user_of(claimed_user).layer(service_fn(processor));
    service.call(send("orders")).await.unwrap();
    service.call(send("lost")).await.unwrap();
    drop(service);
    let mut written = Vec::new();
    events.write_json(&mut written).await.unwrap();
    let text = String::from_utf8(written).unwrap();
    let (dropped, request) = text.strip_suffix('\n').unwrap().split_once('\n').unwrap();
    let dropped: BTreeMap<String, i64> = json::from_slice(dropped.as_bytes()).unwrap();
    assert_eq!(dropped["dropped"], 1);
    let at = request.split_once("\"at\":").unwrap().1.split_once(',').unwrap().0;
    let expected = "{\"at\":AT,\"micros\":1000000,\"user\":\"ann\",\"action\":\"send\",\"code\":310,\
        \"request\":\"SEND_MESSAGE_V2\",\"topics\":[\"orders\"],\"groups\":[],\
        \"producerGroups\":[\"shop\"],\"queue\":3,\"result\":0,\"response\":\"SUCCESS\"}";
    assert_eq!(request, expected.replace("AT", at));
}

#[tokio::test(start_paused = true)]
async fn a_writer_that_fails_may_be_replaced() {
    let (layer, mut events) = AuditLayer::new(9);
    let mut service = layer.layer(service_fn(at_once));
    service.call(send("a")).await.unwrap();
    service.call(send("b")).await.unwrap();
    drop((layer, service));
    let broken =
        tokio_test::io::Builder::new().write_error(std::io::ErrorKind::Other.into()).build();
    events.write_json(broken).await.expect_err("broken");
    let mut written = Vec::new();
    events.write_json(&mut written).await.unwrap();
    assert_eq!(written.iter().filter(|byte| **byte == b'\n').count(), 1, "the rest");
}

#[tokio::test(start_paused = true)]
async fn events_are_logged() {
    let (layer, mut events) = AuditLayer::new(1);
    let mut service = layer.user_of(claimed_user).layer(service_fn(at_once));
    service.call(send("orders")).await.unwrap();
    service.call(send("lost")).await.unwrap();
    drop(service);
    let (logged, _guard) = Logged::start(Level::INFO);
    events.log().await;
    let [dropped, request] = &logged.take()[..] else { panic!("two lines") };
    assert_eq!(dropped, "WARN rocketmq_tower::audit: events were dropped count=1");
    assert!(request.starts_with("INFO rocketmq_tower::audit: request user=\"ann\""), "{request}");
    assert!(
        request.contains("topics=\"orders\"") && request.contains("result=SUCCESS"),
        "{request}"
    );
}

#[tokio::test(start_paused = true)]
async fn requests_go_on_when_nobody_receives() {
    let (layer, events) = AuditLayer::new(1);
    let mut service = layer.when_full(WhenFull::Wait).layer(service_fn(at_once));
    service.call(send("a")).await.unwrap();
    drop(events);
    for _ in 0..3 {
        soon(service.call(send("b"))).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn readiness_and_errors_pass() {
    let (layer, _events) = AuditLayer::new(1);
    assert_passes_readiness_and_errors(layer.clone()).await;
    assert_gives_its_permit_back(&layer.user_of(|_| panic!("no user")), send("a"), true);
}
