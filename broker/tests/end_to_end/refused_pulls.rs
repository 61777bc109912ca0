//! Pulls that are refused.

use crate::heartbeats::{consumer, heartbeat};
use crate::support::peer::bodies;
use crate::support::requests::{Pull, request};
use crate::support::running::Running;
use rocketmq_tower::{RequestCode, ResponseCode};
use rocketmq_tower_broker::Broker;

#[tokio::test]
async fn a_pull_of_an_unknown_topic_or_queue_is_refused() {
    let running = Running::start(Broker::builder().topic("T", 2)).await;
    let client = running.client().await;
    let fields = [("topic", "W"), ("readQueueNums", "1"), ("writeQueueNums", "1"), ("perm", "2")];
    client.get(request(RequestCode::UPDATE_AND_CREATE_TOPIC, &fields)).await;
    for (topic, queue, code, says) in [
        ("U", 0, ResponseCode::TOPIC_NOT_EXIST, "U"),
        ("T", 2, ResponseCode::INVALID_PARAMETER, "2 queues"),
        ("T", -1, ResponseCode::INVALID_PARAMETER, "-1"),
        ("W", 0, ResponseCode::NO_PERMISSION, "W"),
    ] {
        let refused = client.refusal(Pull::new(topic, queue).waits(20_000).request()).await;
        assert_eq!(refused.0, code, "{}", refused.1);
        assert!(refused.1.contains(says), "{}", refused.1);
    }
    let mut other = Pull::new("T", 0).of_tags("a > 1");
    other.0.expression_type = Some("XPATH");
    let refused = client.refusal(other.request()).await;
    assert_eq!(refused.0, ResponseCode::SYSTEM_ERROR);
    assert!(refused.1.contains("XPATH"), "{}", refused.1);
    running.end().await;
}

#[tokio::test]
async fn a_pull_without_a_subscription_uses_that_of_its_group() {
    let running = Running::start(Broker::builder().topic("T", 1).topic("U", 1)).await;
    let client = running.client().await;
    let pull = |version| Pull::new("T", 0).subscribed("g", version).request();
    let refused = client.refusal(pull(0)).await;
    assert_eq!(refused.0, ResponseCode::SUBSCRIPTION_NOT_EXIST, "{}", refused.1);

    client.get(heartbeat("client", &[consumer("g", &[("T", "a", 5)])], &[])).await;
    for (tag, body) in [("a", "for it"), ("b", "not for it")] {
        client.send_with("T", 0, &[("TAGS", tag)], body).await;
    }
    for version in [0, 5] {
        assert_eq!(bodies(&client.get(pull(version)).await), ["for it"]);
    }
    let refused = client.refusal(pull(6)).await;
    assert_eq!(refused.0, ResponseCode::SUBSCRIPTION_NOT_LATEST, "{}", refused.1);
    let other = Pull::new("U", 0).subscribed("g", 0).request();
    assert_eq!(client.refusal(other).await.0, ResponseCode::SUBSCRIPTION_NOT_EXIST);

    client.get(heartbeat("client", &[consumer("g", &[("T", "b", 6)])], &[])).await;
    assert_eq!(bodies(&client.get(pull(6)).await), ["not for it"]);
    running.end().await;
}

#[tokio::test]
async fn an_offset_is_committed_only_for_a_group_with_a_valid_name() {
    let running = Running::start(Broker::builder().topic("T", 1)).await;
    let client = running.client().await;
    for group in ["", "a\0b", "a b"] {
        let mut pull = Pull::new("T", 0).commits(1);
        pull.0.consumer_group = group;
        let refused = client.refusal(pull.request()).await;
        assert_eq!(refused.0, ResponseCode::INVALID_PARAMETER, "{group:?}: {}", refused.1);
    }
    running.end().await;
}
