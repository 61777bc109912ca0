//! Deletion of old messages.

use super::bare::{BareBroker, clock_has_moved};
use super::peer::{Peer, bodies};
use super::requests::{Pull, bounds, request};
use super::soon;
use crate::jobs::retention::pass;
use crate::storage::MemoryStorage;
use crate::topics::Topics;
use rocketmq_tower::{RemotingCommand, RequestCode, ResponseCode};
use std::sync::Arc;
use std::time::Duration;
use tokio_test::{assert_pending, task};

/// Returns a broker with no message in the first queue of `T`, three old messages in the second one,
/// and one in the third.
async fn start() -> (BareBroker, Peer) {
    let bare = BareBroker::start(Arc::new(MemoryStorage::default())).await;
    let client = bare.client().await;
    for (queue, body) in [(1, "a"), (1, "b"), (1, "c"), (2, "d")] {
        client.send_with("T", queue, &[("KEYS", body)], body).await;
    }
    clock_has_moved().await;
    (bare, client)
}

/// Returns the bounds of the queues of `T`.
fn all_bounds(topics: &Topics) -> Vec<(i64, i64)> {
    let topic = topics.find("T").unwrap();
    topic.queues().iter().map(|queue| (queue.min(), queue.max())).collect()
}

#[tokio::test]
async fn old_messages_are_deleted_and_the_offsets_go_on() {
    let (bare, client) = start().await;
    client.send("T", 1, "young").await;
    pass(&bare.state, Duration::ZERO).await.unwrap();
    // The last message may be as old as the others now.
    let kept = client.max("T", 1).await - client.bound(RequestCode::GET_MIN_OFFSET, "T", 1).await;
    assert!(kept <= 1);
    clock_has_moved().await;
    pass(&bare.state, Duration::ZERO).await.unwrap();

    let expected = [(0, 0), (4, 4), (1, 1), (0, 0)];
    assert_eq!(all_bounds(&bare.state.topics), expected);
    let again = Topics::open(Arc::clone(&bare.state.log), &bare.state.identity).await.unwrap();
    assert_eq!(all_bounds(&again), expected, "after a restart");
    let response = client.pull(&Pull::new("T", 1).at(0)).await;
    assert_eq!(response.response_code(), ResponseCode::PULL_OFFSET_MOVED);
    assert_eq!(bounds(&response), (4, 4, 4));
    assert_eq!(client.send("T", 1, "e").await.queue_offset, 4);
    assert_eq!(bodies(&client.pull(&Pull::new("T", 1).at(4)).await), ["e"]);
}

#[tokio::test]
async fn a_deleted_message_is_not_found_by_its_key() {
    let (bare, client) = start().await;
    let fields = [
        ("topic", "T"),
        ("key", "a"),
        ("maxNum", "9"),
        ("beginTimestamp", "0"),
        ("endTimestamp", "9223372036854775807"),
    ];
    let query = request(RequestCode::QUERY_MESSAGE, &fields);
    assert_eq!(bodies(&client.get(query.clone()).await), ["a"]);
    pass(&bare.state, Duration::ZERO).await.unwrap();
    assert_eq!(client.refusal(query).await.0, ResponseCode::QUERY_NOT_FOUND);
}

#[tokio::test]
async fn young_messages_are_kept() {
    let (bare, _) = start().await;
    pass(&bare.state, Duration::from_secs(3600)).await.unwrap();
    assert_eq!(all_bounds(&bare.state.topics), [(0, 0), (0, 3), (0, 1), (0, 0)]);
}

#[tokio::test]
async fn a_message_that_waits_for_its_time_is_kept_with_all_after_it() {
    let (bare, client) = start().await;
    client.send_with("T", 0, &[("TIMER_DELAY_SEC", "3600")], "delayed").await;
    client.send("T", 1, "after it").await;
    clock_has_moved().await;
    pass(&bare.state, Duration::ZERO).await.unwrap();
    assert_eq!(all_bounds(&bare.state.topics), [(0, 0), (3, 4), (1, 1), (0, 0)]);
}

#[tokio::test]
async fn an_empty_queue_is_left_alone() {
    let (bare, client) = start().await;
    pass(&bare.state, Duration::ZERO).await.unwrap();
    assert_eq!(client.bound(RequestCode::GET_MIN_OFFSET, "T", 0).await, 0);
    client.send("T", 0, "first").await;
    assert_eq!(bodies(&client.pull(&Pull::new("T", 0)).await), ["first"]);
}

fn send_back(offset: i64) -> RemotingCommand {
    let offset = offset.to_string();
    let fields = [("offset", offset.as_str()), ("group", "g"), ("delayLevel", "1")];
    request(RequestCode::CONSUMER_SEND_MSG_BACK, &fields)
}

#[tokio::test]
async fn an_empty_topic_of_retries_is_deleted_once_its_group_is_gone_and_made_again() {
    let bare = BareBroker::start(Arc::new(MemoryStorage::default())).await;
    let client = bare.client().await;
    let topics = &bare.state.topics;
    let retry = Pull::new("%RETRY%g", 0);
    let mut queues = Vec::new();
    for round in 0..2 {
        let sent = client.send("T", 0, "hard").await;
        client.get(send_back(sent.commit_log_offset())).await;
        assert_eq!(bodies(&client.pull(&retry.clone().waits(30_000)).await), ["hard"]);
        let fields = [
            ("consumerGroup", "g"),
            ("topic", "%RETRY%g"),
            ("queueId", "0"),
            ("commitOffset", "1"),
        ];
        client.get(request(RequestCode::UPDATE_CONSUMER_OFFSET, &fields)).await;
        queues.push(topics.find("%RETRY%g").unwrap().queues()[0].number());

        pass(&bare.state, Duration::from_secs(3600)).await.unwrap();
        assert!(topics.get("%RETRY%g").is_some(), "it has a message");
        clock_has_moved().await;
        client.get(heartbeat("g")).await;
        pass(&bare.state, Duration::ZERO).await.unwrap();
        assert!(topics.get("%RETRY%g").is_some(), "its group has a member");
        client
            .get(request(
                RequestCode::UNREGISTER_CLIENT,
                &[("clientID", "c"), ("consumerGroup", "g")],
            ))
            .await;
        // One that waits for its messages keeps it.
        let waiting = retry.clone().at(1).waits(30_000);
        let other = bare.client().await;
        let mut waits = task::spawn(other.pull(&waiting));
        assert_pending!(waits.poll());
        other.max("T", 0).await;
        pass(&bare.state, Duration::ZERO).await.unwrap();
        assert!(topics.get("%RETRY%g").is_some(), "a pull waits");
        drop(waits);
        other.channel.close("done");
        let gone = async {
            while topics.get("%RETRY%g").is_some() {
                pass(&bare.state, Duration::ZERO).await.unwrap();
            }
        };
        soon(gone).await;
        assert_eq!(bare.state.offsets.get("g", "%RETRY%g", 0), None, "{round}");
        assert!(topics.get("T").is_some(), "a topic of an application stays");
    }
    assert_ne!(queues[0], queues[1]);
}

fn heartbeat(group: &str) -> RemotingCommand {
    let body = format!(r#"{{"clientID":"c","consumerDataSet":[{{"groupName":"{group}"}}]}}"#);
    RemotingCommand::request(RequestCode::HEART_BEAT).with_body(body)
}
