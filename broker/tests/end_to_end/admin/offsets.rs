//! How far groups have consumed, and offsets that tools set.

use super::{body, text};
use crate::heartbeats::{consumer, heartbeat};
use crate::support::peer::{Peer, offset};
use crate::support::requests::{Pull, bounds, request};
use crate::support::running::Running;
use rocketmq_tower::protocol::{ConsumeStats, MessageQueue, ResetOffsetBody};
use rocketmq_tower::{RemotingCommand, RequestCode, ResponseCode};
use rocketmq_tower_broker::Broker;

fn queue(topic: &str, queue_id: i32) -> MessageQueue {
    MessageQueue { broker_name: "broker-a".into(), queue_id, topic: topic.into() }
}

async fn commit(client: &Peer, group: &str, queue: &str, offset: &str) -> RemotingCommand {
    let fields =
        [("consumerGroup", group), ("topic", "T"), ("queueId", queue), ("commitOffset", offset)];
    client.get(request(RequestCode::UPDATE_CONSUMER_OFFSET, &fields)).await
}

async fn committed(client: &Peer, group: &str, queue: &str) -> i64 {
    let fields = [("consumerGroup", group), ("topic", "T"), ("queueId", queue)];
    offset(&client.get(request(RequestCode::QUERY_CONSUMER_OFFSET, &fields)).await)
}

#[tokio::test]
async fn the_progress_of_groups_is_reported() {
    let running = Running::start(Broker::builder().topic("T", 2)).await;
    let client = running.client().await;
    for body in ["one", "two", "three"] {
        client.send("T", 1, body).await;
    }
    client.pull(&Pull::new("T", 1)).await;
    commit(&client, "consumers", "1", "2").await;
    let second = client.all("T", 1).await[1].store_timestamp;
    let stats = |topic, group| {
        let fields = [("consumerGroup", group), ("topic", topic)];
        request(RequestCode::GET_CONSUME_STATS, &fields)
    };
    for topic in ["T", ""] {
        let found: ConsumeStats = body(&client, stats(topic, "consumers")).await;
        let of = &found.offset_table[&queue("T", 1)];
        assert_eq!((of.broker_offset, of.consumer_offset, of.last_timestamp), (3, 2, second));
        assert_eq!(of.pull_offset, 3, "the last one was pulled, and is in flight");
        assert_eq!(found.offset_table[&queue("T", 0)].consumer_offset, 0);
    }
    assert!(body::<ConsumeStats>(&client, stats("", "h")).await.offset_table.is_empty());
    // A group with members is asked about what it has subscribed to.
    client.get(heartbeat("client", &[consumer("consumers", &[("U", "*", 1)])], &[])).await;
    assert!(body::<ConsumeStats>(&client, stats("T", "consumers")).await.offset_table.is_empty());
    client.get(heartbeat("client", &[consumer("consumers", &[("T", "*", 2)])], &[])).await;

    let all = request(RequestCode::GET_BROKER_CONSUME_STATS, &[("isOrder", "false")]);
    let all = text(&client, all).await;
    assert!(all.contains(r#"{"consumers":[{"consumeTps":"#), "{all}");
    assert!(all.ends_with(r#""totalDiff":1,"totalInflightDiff":1}"#), "{all}");

    let span = [("topic", "T"), ("group", "consumers")];
    let span = text(&client, request(RequestCode::QUERY_CONSUME_TIME_SPAN, &span)).await;
    assert!(
        span.starts_with(r#"{"consumeTimeSpanSet":[{"consumeTimeStamp":-1,"delayTime":0"#),
        "{span}"
    );
    assert!(span.contains(&format!(r#""consumeTimeStamp":{second}"#)), "{span}");
    running.end().await;
}

#[tokio::test]
async fn a_reset_offset_is_told_to_the_next_pull_and_commits_before_it_are_ignored() {
    let running = Running::start(Broker::builder().topic("T", 2)).await;
    let client = running.client().await;
    for body in ["one", "two", "three"] {
        client.send("T", 0, body).await;
    }
    let reset = |group, more: &[(&str, &str)]| {
        let fields = [&[("topic", "T"), ("group", group), ("isForce", "true")], more].concat();
        request(RequestCode::INVOKE_BROKER_TO_RESET_OFFSET, &fields)
    };
    let all = &[("timestamp", "0"), ("queueId", "-1"), ("offset", "-1")];
    let refused = client.refusal(reset("g", all)).await;
    assert_eq!(refused.0, ResponseCode::SUBSCRIPTION_GROUP_NOT_EXIST);
    client.get(heartbeat("client", &[consumer("g", &[("T", "*", 1)])], &[])).await;
    commit(&client, "g", "0", "3").await;

    let table: ResetOffsetBody = body(&client, reset("g", all)).await;
    let expected = [(queue("T", 0), 0), (queue("T", 1), 0)];
    assert!(table.offset_table.into_iter().eq(expected));
    assert_eq!(committed(&client, "g", "0").await, 0);
    let ignored = commit(&client, "g", "0", "3").await;
    assert_eq!(ignored.remark(), Some("Offset has been previously reset"));
    let pull = Pull::new("T", 0).subscribed("g", 1).at(3).commits(3);
    let moved = client.pull(&pull).await;
    assert_eq!(
        (moved.response_code(), moved.remark()),
        (ResponseCode::PULL_OFFSET_MOVED, Some("OFFSET_RESET"))
    );
    assert_eq!((bounds(&moved), committed(&client, "g", "0").await), ((0, 0, 3), 0));
    // Only once, and commits count again.
    assert_eq!(client.pull(&pull).await.response_code(), ResponseCode::PULL_NOT_FOUND);
    commit(&client, "g", "0", "2").await;
    assert_eq!(committed(&client, "g", "0").await, 2);

    let one = |offset| [("timestamp", "-1"), ("queueId", "0"), ("offset", offset)];
    let table: ResetOffsetBody = body(&client, reset("g", &one("1"))).await;
    assert!(table.offset_table.into_iter().eq([(queue("T", 0), 1)]));
    let refused = client.refusal(reset("g", &one("5"))).await;
    assert_eq!(refused.1, "Target offset 5 not in consume queue range [0-3]");
    let table: ResetOffsetBody = body(&client, reset("g", &one("-1"))).await;
    assert!(table.offset_table.into_iter().eq([(queue("T", 0), 3)]), "the end");
    let none = [("timestamp", "0"), ("queueId", "7"), ("offset", "-1")];
    assert_eq!(client.refusal(reset("g", &none)).await.0, ResponseCode::INVALID_PARAMETER);
    running.end().await;
}

#[tokio::test]
async fn a_group_gets_the_offsets_of_another_one() {
    let running = Running::start(Broker::builder().topic("T", 2)).await;
    let client = running.client().await;
    commit(&client, "g", "1", "5").await;
    let copy = |from| {
        let fields = [("srcGroup", from), ("destGroup", "h"), ("topic", "T"), ("offline", "false")];
        request(RequestCode::CLONE_GROUP_OFFSET, &fields)
    };
    client.get(copy("g")).await;
    assert_eq!(committed(&client, "h", "1").await, 5);
    assert!(client.refusal(copy("i")).await.1.contains("no such offsets"));
    running.end().await;
}
