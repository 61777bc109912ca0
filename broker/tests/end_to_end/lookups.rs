//! Lookups of messages by id and by key.

use crate::support::peer::{Peer, bodies};
use crate::support::requests::request;
use crate::support::running::Running;
use rocketmq_tower::{RemotingCommand, RequestCode, ResponseCode};
use rocketmq_tower_broker::Broker;

fn view(offset: i64) -> RemotingCommand {
    request(RequestCode::VIEW_MESSAGE_BY_ID, &[("offset", &offset.to_string())])
}

fn query(topic: &str, key: &str, max: i32, from: i64, to: i64) -> RemotingCommand {
    let numbers = [max.into(), from, to].map(|number: i64| number.to_string());
    let fields = [
        ("topic", topic),
        ("key", key),
        ("maxNum", &numbers[0]),
        ("beginTimestamp", &numbers[1]),
        ("endTimestamp", &numbers[2]),
    ];
    request(RequestCode::QUERY_MESSAGE, &fields)
}

async fn with_key(client: &Peer, topic: &str, key: &str, max: i32) -> Vec<String> {
    let mut found = bodies(&client.get(query(topic, key, max, 0, i64::MAX)).await);
    found.sort_unstable();
    found
}

#[tokio::test]
async fn a_message_is_found_by_the_id_in_the_response_to_its_send() {
    let running = Running::start(Broker::builder().topic("T", 2).topic("U", 2)).await;
    let client = running.client().await;
    for (topic, queue) in [("T", 0), ("T", 1), ("U", 1)] {
        for body in ["first", "second"] {
            let sent = client.send(topic, queue, body).await;
            let id = sent.ids()[0];
            assert_eq!(id.host, running.broker.parse().unwrap());
            let found = client.get(view(id.commit_log_offset)).await;
            assert_eq!(bodies(&found), [body]);
        }
    }
    for nowhere in [5, -1, i64::MAX] {
        let refused = client.refusal(view(nowhere)).await;
        assert_eq!(refused.0, ResponseCode::SYSTEM_ERROR);
        assert!(refused.1.contains(&nowhere.to_string()), "{}", refused.1);
    }
    running.end().await;
}

#[tokio::test]
async fn messages_are_found_by_the_keys_of_the_application_and_the_client() {
    let running = Running::start(Broker::builder().topic("T", 2).topic("U", 1)).await;
    let client = running.client().await;
    let keys = [("KEYS", "k1 k2"), ("UNIQ_KEY", "AB01")];
    client.send_with("T", 0, &keys, "one").await;
    client.send_with("T", 1, &[("KEYS", "k2")], "two").await;
    client.send_with("U", 0, &[("KEYS", "k2")], "of another topic").await;

    assert_eq!(with_key(&client, "T", "k1", 32).await, ["one"]);
    assert_eq!(with_key(&client, "T", "AB01", 32).await, ["one"]);
    assert_eq!(with_key(&client, "T", "k2", 32).await, ["one", "two"]);
    assert_eq!(with_key(&client, "T", "k2", 1).await.len(), 1);
    for (topic, key) in [("T", "k"), ("U", "k1"), ("V", "k2")] {
        let refused = client.refusal(query(topic, key, 32, 0, i64::MAX)).await;
        assert_eq!(refused.0, ResponseCode::QUERY_NOT_FOUND, "{topic} {key}");
    }
    running.end().await;
}

#[tokio::test]
async fn a_query_finds_messages_of_a_span_of_time_including_both_its_ends() {
    let running = Running::start(Broker::builder().topic("T", 1)).await;
    let client = running.client().await;
    client.send_with("T", 0, &[("KEYS", "k")], "one").await;
    let time = client.all("T", 0).await[0].store_timestamp;
    let found = client.get(query("T", "k", 32, time, time)).await;
    assert_eq!(bodies(&found), ["one"]);
    assert_eq!(found.ext_fields().get("indexLastUpdateTimestamp"), Some(time.to_string().as_str()));
    for (from, to) in [(0, time - 1), (time + 1, i64::MAX)] {
        let refused = client.refusal(query("T", "k", 32, from, to)).await;
        assert_eq!(refused.0, ResponseCode::QUERY_NOT_FOUND);
    }
    running.end().await;
}

#[tokio::test]
async fn a_message_that_consumers_cannot_see_is_not_found_by_key() {
    let running = Running::start(Broker::builder().topic("T", 1)).await;
    let client = running.client().await;
    let later = [("KEYS", "k"), ("DELAY", "18")];
    client.send_with("T", 0, &later, "delayed").await;
    let half = [("KEYS", "k"), ("TRAN_MSG", "true"), ("PGROUP", "producers")];
    client.send_with("T", 0, &half, "half").await;
    for topic in ["T", "SCHEDULE_TOPIC_XXXX", "RMQ_SYS_TRANS_HALF_TOPIC"] {
        let refused = client.refusal(query(topic, "k", 32, 0, i64::MAX)).await;
        assert_eq!(refused.0, ResponseCode::QUERY_NOT_FOUND, "{topic}");
    }
    running.end().await;
}

#[tokio::test]
async fn messages_are_found_by_their_tags() {
    let running = Running::start(Broker::builder().topic("T", 3).topic("U", 1)).await;
    let client = running.client().await;
    for (topic, queue, tag, body) in [
        ("T", 0, "a", "one"),
        ("T", 2, "a", "two"),
        ("T", 1, "b", "three"),
        ("U", 0, "a", "four"),
        ("T", 0, "a", "five"),
    ] {
        client.send_with(topic, queue, &[("TAGS", tag), ("KEYS", "k")], body).await;
    }
    let by_tag =
        |tag, max, from, to| query("T", tag, max, from, to).with_ext_field("indexType", "T");
    let found = async |query| bodies(&client.get(query).await);
    assert_eq!(found(by_tag("a", 9, 0, i64::MAX)).await, ["five", "two", "one"], "newest first");
    assert_eq!(found(by_tag("a", 1, 0, i64::MAX)).await, ["five"]);
    assert_eq!(found(by_tag("b", 9, 0, i64::MAX)).await, ["three"]);
    let missing = by_tag("k", 9, 0, i64::MAX);
    let refused = client.refusal(missing.clone()).await;
    assert_eq!(
        (refused.0, &*refused.1),
        (ResponseCode::QUERY_NOT_FOUND, "no message of T has the tag k")
    );
    let first = client.all("T", 0).await[0].store_timestamp;
    assert_eq!(client.refusal(by_tag("a", 9, 0, first - 1)).await.0, ResponseCode::QUERY_NOT_FOUND);
    // As older clients ask for an id.
    let by_id = missing.with_ext_field("_UNIQUE_KEY_QUERY", "true");
    assert_eq!(bodies(&client.get(by_id).await).len(), 4);
    running.end().await;
}
