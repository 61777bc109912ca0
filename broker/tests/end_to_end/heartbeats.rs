//! Heartbeats in both versions.

use crate::support::requests::request;
use crate::support::running::Running;
use rocketmq_tower::protocol::{ConsumerData, HeartbeatData, ProducerData, SubscriptionData};
use rocketmq_tower::{RemotingCommand, RequestCode, ResponseCode};
use rocketmq_tower_broker::Broker;

/// A heartbeat of a client with these groups of consumers and producers.
pub(super) fn heartbeat(
    client: &str,
    consumers: &[ConsumerData],
    producers: &[&str],
) -> RemotingCommand {
    let producers = producers.iter().map(|group| ProducerData { group_name: (*group).to_owned() });
    beat(&HeartbeatData {
        client_id: client.to_owned(),
        consumer_data_set: consumers.to_vec(),
        producer_data_set: producers.collect(),
        ..Default::default()
    })
}

fn beat(data: &HeartbeatData) -> RemotingCommand {
    RemotingCommand::request(RequestCode::HEART_BEAT).with_json(data).unwrap()
}

/// A group of consumers: topics, tags, versions of subscriptions.
pub(super) fn consumer(group: &str, subscriptions: &[(&str, &str, i64)]) -> ConsumerData {
    let subscriptions = subscriptions.iter().map(|&(topic, tags, version)| SubscriptionData {
        sub_version: version,
        ..SubscriptionData::tags(topic, tags)
    });
    ConsumerData {
        group_name: group.to_owned(),
        subscription_data_set: subscriptions.collect(),
        ..Default::default()
    }
}

/// `GET_CONSUMER_LIST_BY_GROUP`
pub(super) fn members(group: &str) -> RemotingCommand {
    request(RequestCode::GET_CONSUMER_LIST_BY_GROUP, &[("consumerGroup", group)])
}

fn v2(response: &RemotingCommand) -> [Option<&str>; 2] {
    let fields = response.ext_fields();
    [fields.get("IS_SUPPORT_HEART_BEAT_V2"), fields.get("IS_SUB_CHANGE")]
}

#[tokio::test]
async fn the_members_of_a_group_are_listed() {
    let running = Running::start(Broker::builder()).await;
    let (one, two) = (running.client().await, running.client().await);
    let group = consumer("g", &[("T", "*", 1)]);
    two.get(heartbeat("client-2", &[group.clone()], &["p"])).await;
    one.get(heartbeat("client-1", &[group.clone(), consumer("h", &[("T", "*", 1)])], &[])).await;
    // Several clients may share a connection.
    one.get(heartbeat("client-3", &[group], &[])).await;
    let list = one.get(members("g")).await;
    assert_eq!(list.body().as_ref(), br#"{"consumerIdList":["client-1","client-2","client-3"]}"#);
    assert_eq!(one.get(members("h")).await.body().as_ref(), br#"{"consumerIdList":["client-1"]}"#);
    for empty in ["p", "i"] {
        let refused = one.refusal(members(empty)).await;
        assert_eq!(refused.0, ResponseCode::SYSTEM_ERROR);
    }
    running.end().await;
}

#[tokio::test]
async fn the_response_to_a_heartbeat_of_the_first_version_has_no_fields() {
    let running = Running::start(Broker::builder()).await;
    let client = running.client().await;
    let response = client.get(heartbeat("client", &[consumer("g", &[("T", "*", 1)])], &[])).await;
    assert_eq!(v2(&response), [None, None]);
    running.end().await;
}

#[tokio::test]
async fn the_response_to_a_heartbeat_of_the_second_version_tells_whether_to_send_subscriptions() {
    let running = Running::start(Broker::builder().topic("T", 1)).await;
    let client = running.client().await;
    let (whole, bare) = (consumer("g", &[("T", "a", 1)]), consumer("g", &[]));
    let beat = |group: &ConsumerData, without_sub| {
        client.get(beat(&HeartbeatData {
            client_id: "client".into(),
            consumer_data_set: vec![group.clone()],
            heartbeat_fingerprint: 77,
            without_sub,
            ..Default::default()
        }))
    };
    let (yes, no) = ([Some("true"), Some("true")], [Some("true"), Some("false")]);
    // The subscriptions that it leaves out are unknown, as after a restart.
    assert_eq!(v2(&beat(&bare, true).await), yes);
    assert_eq!(v2(&beat(&whole, false).await), yes, "a topic more");
    assert_eq!(v2(&beat(&whole, false).await), no);
    assert_eq!(v2(&beat(&bare, true).await), no);

    // Subscriptions that are left out are not removed.
    let pull = crate::support::requests::Pull::new("T", 0).subscribed("g", 1);
    assert_eq!(client.pull(&pull).await.response_code(), ResponseCode::PULL_NOT_FOUND);
    // A full heartbeat without subscriptions removes them.
    client.get(heartbeat("client", &[bare], &[])).await;
    assert_eq!(client.pull(&pull).await.response_code(), ResponseCode::SUBSCRIPTION_NOT_EXIST);
    running.end().await;
}

#[tokio::test]
async fn a_heartbeat_creates_the_retry_topic_of_the_group() {
    let running = Running::start(Broker::builder()).await;
    let client = running.client().await;
    client.get(heartbeat("client", &[consumer("g", &[])], &[])).await;
    assert_eq!(client.max("%RETRY%g", 0).await, 0);
    let refused = client.refusal(heartbeat("client", &[consumer("a b", &[])], &[])).await;
    assert_eq!(refused.0, ResponseCode::INVALID_PARAMETER, "{}", refused.1);
    let broken = RemotingCommand::request(RequestCode::HEART_BEAT).with_body("{\"clientID\":\"c\"");
    assert_eq!(client.refusal(broken).await.0, ResponseCode::SYSTEM_ERROR);
    running.end().await;
}
