//! Offsets of queues and of consumer groups.

use crate::support::peer::{Peer, offset};
use crate::support::requests::request;
use crate::support::running::Running;
use crate::support::soon;
use rocketmq_tower::{RemotingCommand, RequestCode, ResponseCode};
use rocketmq_tower_broker::Broker;

fn query(group: &str, queue: &str) -> RemotingCommand {
    let fields = [("consumerGroup", group), ("topic", "T"), ("queueId", queue)];
    request(RequestCode::QUERY_CONSUMER_OFFSET, &fields)
}

fn commit(group: &str, topic: &str, queue: &str, offset: &str) -> RemotingCommand {
    let fields =
        [("consumerGroup", group), ("topic", topic), ("queueId", queue), ("commitOffset", offset)];
    request(RequestCode::UPDATE_CONSUMER_OFFSET, &fields)
}

fn of_queue(code: RequestCode, more: &[(&str, &str)]) -> RemotingCommand {
    let of_queue = request(code, &[("topic", "T"), ("queueId", "0")]);
    more.iter().fold(of_queue, |request, (name, value)| request.with_ext_field(name, value))
}

#[tokio::test]
async fn a_new_group_begins_with_the_first_message_even_if_it_is_not_sent_yet() {
    let running = Running::start(Broker::builder().topic("T", 2)).await;
    let client = running.client().await;
    client.send("T", 0, "m").await;
    assert_eq!(offset(&client.get(query("g", "0")).await), 0);
    assert_eq!(offset(&client.get(query("g", "1")).await), 0);
    // Then clients in Go, Java and C++ decide by themselves.
    for unknown in [
        query("g", "2"),
        query("g", "0").with_ext_field("setZeroIfNotFound", "false"),
        query("g", "1").with_ext_field("setZeroIfNotFound", "false"),
        query("g", "0").with_ext_field("topic", "U"),
    ] {
        assert_eq!(client.refusal(unknown).await.0, ResponseCode::QUERY_NOT_FOUND);
    }
    let asked = query("g", "0").with_ext_field("setZeroIfNotFound", "true");
    assert_eq!(offset(&client.get(asked).await), 0);
    running.end().await;
}

#[tokio::test]
async fn each_group_has_its_own_offset_in_each_queue() {
    let running = Running::start(Broker::builder().topic("T", 2).topic("U", 1)).await;
    let client = running.client().await;
    for (group, queue, committed) in [("g", "0", "3"), ("g", "1", "5"), ("h", "0", "7")] {
        client.get(commit(group, "T", queue, committed)).await;
    }
    client.get(commit("g", "U", "0", "9")).await;
    for (group, queue, committed) in [("g", "0", 3), ("g", "1", 5), ("h", "0", 7)] {
        let query = query(group, queue).with_ext_field("setZeroIfNotFound", "false");
        assert_eq!(offset(&client.get(query).await), committed);
    }
    // Also backwards, and by oneway requests.
    client.channel.invoke_oneway(commit("g", "T", "0", "1")).await.unwrap();
    assert_eq!(offset(&client.get(query("g", "0")).await), 1);
    running.end().await;
}

#[tokio::test]
async fn a_commit_for_an_unknown_topic_or_queue_is_refused() {
    let running = Running::start(Broker::builder().topic("T", 2)).await;
    let client = running.client().await;
    for (group, topic, queue, offset, code) in [
        ("g", "U", "0", "1", ResponseCode::TOPIC_NOT_EXIST),
        ("g", "T", "2", "1", ResponseCode::INVALID_PARAMETER),
        ("g", "T", "-1", "1", ResponseCode::INVALID_PARAMETER),
        ("g", "T", "0", "-1", ResponseCode::INVALID_PARAMETER),
        ("g\0", "T", "0", "1", ResponseCode::INVALID_PARAMETER),
    ] {
        let refused = client.refusal(commit(group, topic, queue, offset)).await;
        assert_eq!(refused.0, code, "{}", refused.1);
    }
    running.end().await;
}

#[tokio::test]
async fn the_bounds_of_a_queue_are_found() {
    let running = Running::start(Broker::builder().topic("T", 1)).await;
    let client = running.client().await;
    let earliest = || of_queue(RequestCode::GET_EARLIEST_MSG_STORETIME, &[]);
    let timestamp =
        |response: RemotingCommand| response.ext_fields().get("timestamp").unwrap().to_owned();
    assert_eq!(timestamp(client.get(earliest()).await), "-1");
    for _ in 0..3 {
        client.send("T", 0, "m").await;
    }
    assert_eq!(client.bound(RequestCode::GET_MAX_OFFSET, "T", 0).await, 3);
    assert_eq!(client.bound(RequestCode::GET_MIN_OFFSET, "T", 0).await, 0);
    let first = client.all("T", 0).await[0].store_timestamp;
    assert_eq!(timestamp(client.get(earliest()).await), first.to_string());

    // A queue without messages need not exist.
    for (topic, queue) in [("U", 0), ("T", 1), ("T", -1)] {
        assert_eq!(client.bound(RequestCode::GET_MAX_OFFSET, topic, queue).await, 0);
        assert_eq!(client.bound(RequestCode::GET_MIN_OFFSET, topic, queue).await, 0);
    }
    running.end().await;
}

/// Sends until messages were stored at four different times or more, and returns the times of all.
async fn stored_over_time(client: &Peer) -> Vec<i64> {
    loop {
        client.send("T", 0, "m").await;
        let stored: Vec<_> =
            client.all("T", 0).await.iter().map(|message| message.store_timestamp).collect();
        let mut times = stored.clone();
        times.dedup();
        if times.len() >= 4 {
            return stored;
        }
    }
}

#[tokio::test]
async fn an_offset_is_found_by_the_time_at_which_its_message_was_stored() {
    let running = Running::start(Broker::builder().topic("T", 1)).await;
    let client = running.client().await;
    let search = async |time: i64, boundary: &[(&str, &str)]| {
        let time = time.to_string();
        let more = [&[("timestamp", time.as_str())], boundary].concat();
        let search = of_queue(RequestCode::SEARCH_OFFSET_BY_TIMESTAMP, &more);
        offset(&client.get(search).await)
    };
    let (lower, upper) = (&[("boundaryType", "LOWER")][..], &[("boundaryType", "UPPER")][..]);
    assert_eq!((search(0, lower).await, search(0, upper).await), (0, 0), "an empty queue");

    let stored = soon(stored_over_time(&client)).await;
    let (first, last) = (stored[0], stored[stored.len() - 1]);
    for time in first - 1..=last + 1 {
        let before = stored.iter().filter(|&&stored| stored < time).count() as i64;
        let until = stored.iter().filter(|&&stored| stored <= time).count() as i64;
        assert_eq!(search(time, lower).await, before, "{time} in {stored:?}");
        assert_eq!(search(time, &[]).await, before);
        assert_eq!(search(time, upper).await, (until - 1).max(0), "{time} in {stored:?}");
    }
    running.end().await;
}
