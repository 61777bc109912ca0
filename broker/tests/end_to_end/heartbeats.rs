//! Heartbeats in both versions.

use crate::support::peer::{Peer, bodies, offset};
use crate::support::requests::{Pull, request};
use crate::support::running::Running;
use rocketmq_tower::protocol::{
    ConsumerData, HeartbeatData, ProducerData, SubscriptionData, TopicList, TopicStatsTable, json,
};
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

pub(super) fn beat(data: &HeartbeatData) -> RemotingCommand {
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
    two.get(heartbeat("client-2", std::slice::from_ref(&group), &["p"])).await;
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
    let pull = Pull::new("T", 0).subscribed("g", 1);
    assert_eq!(client.pull(&pull).await.response_code(), ResponseCode::PULL_NOT_FOUND);
    // A full heartbeat without subscriptions removes them.
    client.get(heartbeat("client", &[bare], &[])).await;
    assert_eq!(client.pull(&pull).await.response_code(), ResponseCode::SUBSCRIPTION_NOT_EXIST);
    running.end().await;
}

/// The clients compare the tags of messages again, so that they get the right ones meanwhile.
#[tokio::test]
async fn a_client_that_leaves_out_its_subscriptions_after_a_restart_gets_messages_at_once() {
    let running = Running::start(Broker::builder().topic("T", 1)).await;
    let client = running.client().await;
    client.send_with("T", 0, &[("TAGS", "a")], "m").await;
    let pull = Pull::new("T", 0).subscribed("g", 7);
    assert_eq!(client.pull(&pull).await.response_code(), ResponseCode::SUBSCRIPTION_NOT_EXIST);
    let again = beat(&HeartbeatData {
        client_id: "client".into(),
        consumer_data_set: vec![consumer("g", &[])],
        heartbeat_fingerprint: 77,
        without_sub: true,
        ..Default::default()
    });
    assert_eq!(v2(&client.get(again).await), [Some("true"), Some("true")]);
    assert_eq!(bodies(&client.get(pull.request()).await), ["m"]);
    client.get(heartbeat("client", &[consumer("g", &[("T", "b", 7)])], &[])).await;
    let filtered = client.pull(&pull).await;
    assert_eq!(filtered.response_code(), ResponseCode::PULL_RETRY_IMMEDIATELY);
    running.end().await;
}

#[tokio::test]
async fn a_group_that_is_refused_does_not_fail_the_others() {
    let running = Running::start(Broker::builder().topic("T", 1)).await;
    let client = running.client().await;
    let good = |n: usize| consumer(&format!("good{n}"), &[("T", "*", 1)]);
    let longest = "g".repeat(255);
    for (n, bad) in ["a b", "", &format!("{longest}g")].into_iter().enumerate() {
        let groups = [good(2 * n), consumer(bad, &[("T", "*", 1)]), good(2 * n + 1)];
        let producers = [&"p".repeat(256), "producers"];
        let refused = client.refusal(heartbeat("client", &groups, &producers)).await;
        assert_eq!(refused.0, ResponseCode::INVALID_PARAMETER);
        assert!(refused.1.contains("1 more items"), "{}", refused.1);
        for good in [2 * n, 2 * n + 1] {
            client.get(members(&format!("good{good}"))).await;
        }
    }
    client.get(heartbeat("client", &[consumer(&longest, &[("T", "*", 1)])], &[])).await;
    client.get(members(&longest)).await;
    client.pull(&Pull::new("T", 0).subscribed(&longest, 1)).await;
    let broken = RemotingCommand::request(RequestCode::HEART_BEAT).with_body("{\"clientID\":\"c\"");
    assert_eq!(client.refusal(broken).await.0, ResponseCode::SYSTEM_ERROR);
    running.end().await;
}

#[tokio::test]
async fn a_heartbeat_is_bounded() {
    let running = Running::start(Broker::builder()).await;
    let client = running.client().await;
    let groups: Vec<_> = (0..1001).map(|n| consumer(&format!("g{n}"), &[])).collect();
    let refused = client.refusal(heartbeat("client", &groups, &[])).await;
    assert_eq!(refused.0, ResponseCode::INVALID_PARAMETER);
    assert!(refused.1.contains("1000 groups of consumers; 1 were left out"), "{}", refused.1);
    client.get(members("g999")).await;

    let topics: Vec<_> = (0..1001).map(|n| n.to_string()).collect();
    let topics: Vec<_> = topics.iter().map(|topic| (topic.as_str(), "a", 1)).collect();
    // The same group twice, as the last bound was on each of them.
    let groups = [consumer("g", &topics), consumer("g", &topics)];
    let refused = client.refusal(heartbeat("client", &groups, &[])).await;
    assert_eq!(refused.0, ResponseCode::INVALID_PARAMETER);
    assert!(refused.1.contains("1000 subscriptions of a group"), "{}", refused.1);

    let long = heartbeat("client", &[], &["p"]).with_body(" ".repeat(1024 * 1024 + 1));
    let refused = client.refusal(long).await;
    assert_eq!(refused.0, ResponseCode::MESSAGE_ILLEGAL);
    let long = heartbeat(&"c".repeat(1025), &[], &["p"]);
    assert_eq!(client.refusal(long).await.0, ResponseCode::INVALID_PARAMETER);
    running.end().await;
}

#[tokio::test]
async fn heartbeats_make_no_topics() {
    let running = Running::start(Broker::builder()).await;
    let (client, names) = (running.client().await, Peer::connect(&running.names).await);
    let topics = || request(RequestCode::GET_ALL_TOPIC_CONFIG, &[]);
    let before = client.get(topics()).await;
    let groups: Vec<_> = (0..100).map(|n| consumer(&format!("g{n}"), &[])).collect();
    client.get(heartbeat("client", &groups, &[])).await;
    // Consumers look at their retry topic from the start.
    assert_eq!(client.max("%RETRY%g0", 0).await, 0);
    assert_eq!(client.bound(RequestCode::GET_MIN_OFFSET, "%RETRY%g0", 0).await, 0);
    let fields = [("consumerGroup", "g0"), ("topic", "%RETRY%g0"), ("queueId", "0")];
    assert_eq!(offset(&client.get(request(RequestCode::QUERY_CONSUMER_OFFSET, &fields)).await), 0);
    let commit = request(RequestCode::UPDATE_CONSUMER_OFFSET, &fields);
    client.get(commit.with_ext_field("commitOffset", "0")).await;
    let earliest = request(RequestCode::GET_EARLIEST_MSG_STORETIME, &fields[1..]);
    assert_eq!(client.get(earliest).await.ext_fields().get("timestamp"), Some("-1"));
    assert_eq!(client.get(topics()).await.body(), before.body());
    // Tools find groups by their topics of retries nevertheless.
    let listed = request(RequestCode::GET_ALL_TOPIC_LIST_FROM_NAMESERVER, &[]);
    let listed: TopicList = json::from_slice(names.get(listed).await.body()).unwrap();
    let retries = listed.topic_list.iter().filter(|topic| topic.starts_with("%RETRY%")).count();
    assert_eq!(retries, 100);
    let stats = request(RequestCode::GET_TOPIC_STATS_INFO, &[("topic", "%RETRY%g1")]);
    let stats: TopicStatsTable = json::from_slice(client.get(stats).await.body()).unwrap();
    assert_eq!(stats.offset_table.len(), 1);
    running.end().await;
}

#[tokio::test]
async fn what_has_no_room_is_refused_and_others_go_on() {
    let builder = Broker::builder().topic("T", 1).max_client_state(1, 1);
    let running = Running::start(builder).await;
    let (greedy, modest) = (running.client().await, running.client().await);
    let groups: Vec<_> = (0..100).map(|n| consumer(&format!("g{n}"), &[("T", "a", 1)])).collect();
    let refused = greedy.refusal(heartbeat("client", &groups, &[])).await;
    assert_eq!(refused.0, ResponseCode::SYSTEM_BUSY, "{}", refused.1);
    greedy.get(members("g0")).await;
    assert_eq!(greedy.refusal(members("g99")).await.0, ResponseCode::SYSTEM_ERROR);
    modest.get(heartbeat("modest", &[consumer("mine", &[("T", "a", 1)])], &["p"])).await;
    modest.get(members("mine")).await;

    // So are filters of pulls that wait. Each expression here is another one.
    let tags = |n: usize| (0..400).map(|tag| format!("{n}-{tag}")).collect::<Vec<_>>().join("||");
    for n in 0..100 {
        let tags = tags(n);
        let pull = Pull::new("T", 0).of_tags(&tags).waits(20_000);
        greedy.channel.try_invoke_oneway(pull.request()).unwrap();
    }
    let tags = tags(100);
    let refused = greedy.refusal(Pull::new("T", 0).of_tags(&tags).request()).await;
    assert_eq!(refused.0, ResponseCode::SYSTEM_BUSY, "{}", refused.1);
    let short = greedy.pull(&Pull::new("T", 0).of_tags("a||b")).await;
    assert_eq!(short.response_code(), ResponseCode::PULL_NOT_FOUND);
    running.end().await;
}

#[tokio::test]
async fn an_item_of_a_wrong_type_does_not_fail_the_others() {
    let running = Running::start(Broker::builder().topic("T", 1)).await;
    let client = running.client().await;
    let body = r#"{"clientID":"c","producerDataSet":[7,{"groupName":"p"}],"consumerDataSet":[
        {"groupName":["g"]},
        {"groupName":"g","subscriptionDataSet":["T",{"topic":"T","subString":"*","subVersion":3}]}]}"#;
    let beat = RemotingCommand::request(RequestCode::HEART_BEAT).with_body(body);
    let (code, text) = client.refusal(beat).await;
    assert_eq!(code, ResponseCode::MESSAGE_ILLEGAL);
    for part in ["1 groups of producers cannot be read", "2 more items"] {
        assert!(text.contains(part), "{text}");
    }
    let list = client.get(members("g")).await;
    assert_eq!(list.body().as_ref(), br#"{"consumerIdList":["c"]}"#);
    let pull = Pull::new("T", 0).subscribed("g", 3);
    assert_eq!(client.pull(&pull).await.response_code(), ResponseCode::PULL_NOT_FOUND);
    running.end().await;
}
