//! `quota`.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "test code")]

mod common;

use common::{
    assert_gives_its_permit_back, assert_passes_readiness_and_errors, connection_from, driver,
    parking, served,
};
use rocketmq_tower_core::message::{BatchedMessage, SendHeader};
use rocketmq_tower_core::{Abort, BoxError, RemotingCommand, RequestCode, ResponseCode};
use rocketmq_tower_layers::identity::claimed_user;
use rocketmq_tower_layers::quota::{By, Quota};
use rocketmq_tower_layers::{QuotaLayer, RecoverLayer};
use rocketmq_tower_test_support::{Raw, SECOND, soon};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::advance;
use tower::{Layer, Service, ServiceBuilder, service_fn};

const MILLISECOND: Duration = Duration::from_millis(1);

/// Messages in the form of batches, which begins as that of stored messages does.
fn messages(number: usize, length: u32) -> Vec<u8> {
    let mut message = vec![0; length as usize];
    message[..4].copy_from_slice(&length.to_be_bytes());
    // The length of the body, which fills the message.
    message[16..20].copy_from_slice(&(length - 22).to_be_bytes());
    assert!(BatchedMessage::decode(&message).is_ok());
    message.repeat(number)
}

fn send(topic: &str) -> RemotingCommand {
    SendHeader::new("producers", topic, 0).request().with_body("hello")
}

fn batch(topic: &str, number: usize) -> RemotingCommand {
    let mut header = SendHeader::new("producers", topic, 0);
    header.batch = true;
    header.request().with_body(messages(number, 100))
}

/// A pull that is answered with `number` messages of 100 bytes.
fn pull(group: &str, number: usize) -> RemotingCommand {
    RemotingCommand::request(RequestCode::PULL_MESSAGE)
        .with_ext_field("topic", "orders")
        .with_ext_field("consumerGroup", group)
        .with_body(messages(number, 100))
}

async fn answered(request: RemotingCommand) -> Result<RemotingCommand, BoxError> {
    Ok(RemotingCommand::response(ResponseCode::SUCCESS).with_body(request.body().clone()))
}

/// Returns the remark of the refusal, if the layer refuses.
async fn refusal(layer: &QuotaLayer, request: RemotingCommand) -> Option<String> {
    let error = layer.layer(service_fn(answered)).call(request).await.err()?;
    let abort = error.downcast_ref::<Abort>().expect("an abort");
    assert_eq!(abort.code, ResponseCode::SYSTEM_BUSY);
    Some(abort.remark.clone().into_owned())
}

async fn passes(layer: &QuotaLayer, request: RemotingCommand) -> bool {
    refusal(layer, request).await.is_none()
}

/// Sends to `topic` until one is refused.
async fn sent(layer: &QuotaLayer, topic: &str) -> usize {
    let mut sent = 0;
    while passes(layer, send(topic)).await {
        sent += 1;
    }
    sent
}

#[tokio::test(start_paused = true)]
async fn a_topic_has_a_burst_and_then_its_rate() {
    let layer = QuotaLayer::new([Quota::sends(By::Topic).messages(10).message_burst(20)]);
    assert_eq!((sent(&layer, "orders").await, sent(&layer, "news").await), (20, 20));
    assert_eq!((layer.keys(), layer.refused()), (2, 2));
    let expected = "[QUOTA]topic orders: 10 messages sent per second, retry in 101 ms";
    assert_eq!(refusal(&layer, send("orders")).await.as_deref(), Some(expected));
    advance(99 * MILLISECOND).await;
    assert_eq!(sent(&layer, "orders").await, 0);
    advance(MILLISECOND).await;
    assert_eq!(sent(&layer, "orders").await, 1, "what was refused did not count");
    advance(3600 * SECOND).await;
    assert_eq!(sent(&layer, "orders").await, 20);
}

#[tokio::test(start_paused = true)]
async fn batches_count_their_messages_and_may_be_larger_than_a_burst() {
    let layer = QuotaLayer::new([Quota::sends(By::Topic).messages(10)]);
    assert!(passes(&layer, batch("orders", 4)).await);
    assert!(passes(&layer, batch("orders", 26)).await, "one was left");
    assert!(!passes(&layer, send("orders")).await);
    advance(2 * SECOND).await;
    assert!(!passes(&layer, send("orders")).await);
    advance(SECOND / 10).await;
    assert_eq!(sent(&layer, "orders").await, 1, "10 of the burst, and 20 in 2 seconds, were used");
}

#[tokio::test(start_paused = true)]
async fn bytes_count_beside_messages() {
    let both = Quota::sends(By::Topic).messages(1000).bytes(50);
    let layer = QuotaLayer::new([both]);
    assert_eq!(sent(&layer, "orders").await, 10, "of 5 bytes each");
    let remark = refusal(&layer, send("orders")).await.unwrap();
    assert!(
        remark.starts_with("[QUOTA]topic orders: 1000 messages and 50 bytes sent per second"),
        "{remark}"
    );
    advance(SECOND / 10).await;
    assert_eq!(sent(&layer, "orders").await, 1);
}

#[tokio::test(start_paused = true)]
async fn receives_count_what_the_response_holds() {
    let layer = QuotaLayer::new([Quota::receives(By::Group).messages(10)]);
    assert!(passes(&layer, pull("billing", 32)).await);
    assert!(passes(&layer, pull("billing", 20)).await, "a burst is 5 seconds' worth");
    let expected = "[QUOTA]group billing: 10 messages received per second, retry in 301 ms";
    assert_eq!(refusal(&layer, pull("billing", 1)).await.as_deref(), Some(expected));
    assert!(passes(&layer, pull("other", 1)).await);
    assert!(passes(&layer, send("orders")).await, "a send is no receive");
    advance(SECOND / 5 + SECOND / 10).await;
    assert!(passes(&layer, pull("billing", 1)).await);
}

#[tokio::test(start_paused = true)]
async fn deferred_responses_count_when_they_are_sent() {
    let (parked, mut responders) = mpsc::unbounded_channel();
    let layer = QuotaLayer::new([Quota::receives(By::Group).messages(10).message_burst(1)]);
    let stack = ServiceBuilder::new().layer(RecoverLayer::new()).layer(layer.clone()).into_inner();
    let channel = served(stack, parking(parked));
    let ask = |number| channel.invoke(pull("billing", number), 60 * SECOND);
    let (first, second) = (ask(0), ask(0));
    let answers = async {
        for number in [31, 1] {
            let responder = responders.recv().await.expect("parked");
            let response = RemotingCommand::response(ResponseCode::SUCCESS);
            responder.send(response.with_body(messages(number, 100))).expect("open");
        }
    };
    let (first, second, ()) = tokio::join!(first, second, answers);
    for answer in [first, second] {
        assert_eq!(answer.expect("both passed before").response_code(), ResponseCode::SUCCESS);
    }
    let refused = soon(ask(0)).await.expect("an answer");
    assert_eq!(refused.response_code(), ResponseCode::SYSTEM_BUSY);
    assert!(refused.remark().unwrap().ends_with("retry in 3201 ms"), "{refused:?}");
}

#[tokio::test(start_paused = true)]
async fn users_groups_and_names_have_their_own_counts() {
    let of = |user, topic| send(topic).with_ext_field("AccessKey", user);
    let users = QuotaLayer::new([Quota::sends(By::User).messages(1)]).user_of(claimed_user);
    assert!(passes(&users, of("shop", "a")).await);
    assert_eq!(
        refusal(&users, of("shop", "b")).await.as_deref(),
        Some("[QUOTA]user shop: 1 messages sent per second, retry in 1001 ms")
    );
    assert!(passes(&users, of("other", "b")).await);
    for _ in 0..10 {
        assert!(passes(&users, send("a")).await, "nobody is no user");
    }

    let groups = QuotaLayer::new([Quota::sends(By::Group).messages(2)]);
    assert_eq!(
        (sent(&groups, "a").await, sent(&groups, "b").await),
        (2, 0),
        "one group of producers"
    );

    let logs = QuotaLayer::new([Quota::sends(By::Topic).only("logs_*").messages(1)]);
    assert_eq!((sent(&logs, "logs_a").await, sent(&logs, "logs_b").await), (1, 1));
    for _ in 0..10 {
        assert!(passes(&logs, send("orders")).await);
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_counts_in_each_quota_and_in_none_if_one_refuses() {
    let layer = QuotaLayer::new([
        Quota::sends(By::Topic).messages(2),
        Quota::sends(By::Nothing).messages(3),
    ]);
    assert_eq!(sent(&layer, "a").await, 2);
    assert_eq!(sent(&layer, "b").await, 1);
    let remark = refusal(&layer, send("b")).await.unwrap();
    assert!(remark.starts_with("[QUOTA]all: 3 messages"), "{remark}");
    advance(SECOND / 3 + MILLISECOND).await;
    assert_eq!(sent(&layer, "b").await, 1, "the refusals did not use up the topic's");
}

#[tokio::test(start_paused = true)]
async fn addresses_have_their_own_counts_over_all_their_connections() {
    let layer = QuotaLayer::new([Quota::sends(By::Address).messages(1)]);
    for (address, expected) in [
        ("10.0.0.1:1", ResponseCode::SUCCESS),
        ("10.0.0.1:2", ResponseCode::SYSTEM_BUSY),
        ("[2001:db8::1]:1", ResponseCode::SUCCESS),
        ("[2001:db8::2]:1", ResponseCode::SYSTEM_BUSY),
    ] {
        let (io, connection) = connection_from(address);
        let stack = ServiceBuilder::new().layer(RecoverLayer::new()).layer(layer.clone());
        tokio::spawn(driver(stack.service(service_fn(answered))).call(connection));
        let answer = Raw::new(io).call(&send("orders")).await;
        assert_eq!(answer.response_code(), expected, "{address}");
    }
    assert!(passes(&layer, send("orders")).await, "a request without an address is not limited");
}

#[tokio::test(start_paused = true)]
async fn keys_beyond_the_bound_share_one_count() {
    let layer = QuotaLayer::new([Quota::sends(By::Topic).messages(1).max_keys(2)]);
    for (topic, expected) in [("a", true), ("b", true), ("c", true), ("d", false)] {
        assert_eq!(passes(&layer, send(topic)).await, expected, "{topic}");
    }
    assert_eq!(layer.keys(), 2);
    advance(SECOND).await;
    assert!(passes(&layer, send("d")).await, "there is room again");
}

#[tokio::test(start_paused = true)]
async fn a_service_that_goes_from_topic_to_topic_counts_each() {
    let layer = QuotaLayer::new([Quota::sends(By::Topic).messages(3)]);
    let mut service = layer.layer(service_fn(answered));
    for round in 0..4 {
        for topic in ["a", "long_topic", "b"] {
            assert_eq!(service.call(send(topic)).await.is_ok(), round < 3, "{topic} {round}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn other_requests_are_never_refused() {
    let all = [Quota::sends(By::Nothing).messages(1), Quota::receives(By::Nothing).messages(1)];
    let layer = QuotaLayer::new(all);
    for code in RequestCode::ALL {
        let request = RemotingCommand::request(*code).with_body("{");
        let refused = !passes(&layer, request.clone()).await || !passes(&layer, request).await;
        let is_send = code.name().unwrap().starts_with("SEND_");
        assert_eq!(refused, is_send, "{code}: a receive without messages uses nothing up");
    }
}

#[tokio::test(start_paused = true)]
async fn readiness_and_errors_pass_and_a_refusal_releases_its_permit() {
    assert_passes_readiness_and_errors(QuotaLayer::new([])).await;
    let layer = QuotaLayer::new([Quota::sends(By::Topic).messages(1)]);
    assert!(passes(&layer, send("orders")).await);
    assert_gives_its_permit_back(&layer, send("orders"), false);
    let panicking = QuotaLayer::new([]).user_of(|_| panic!("no user"));
    assert_gives_its_permit_back(&panicking, send("orders"), true);
}
