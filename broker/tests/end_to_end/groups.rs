//! Groups of consumers: who joins and leaves, and who is told.

use crate::heartbeats::{consumer, heartbeat, members, producer};
use crate::support::peer::{Peer, offset};
use crate::support::requests::request;
use crate::support::running::Running;
use rocketmq_tower::{RemotingCommand, RequestCode, ResponseCode};
use rocketmq_tower_broker::Broker;

fn beat(client: &str) -> RemotingCommand {
    heartbeat(client, &[consumer("g", &[("T", "*", 1)])])
}

fn unregister(client: &str, group: &str) -> RemotingCommand {
    let fields = [("clientID", client), ("producerGroup", ""), ("consumerGroup", group)];
    request(RequestCode::UNREGISTER_CLIENT, &fields)
}

/// The next push tells that the group has changed, and wants no answer.
async fn is_told(peer: &mut Peer) {
    is_told_of(peer, "g").await;
}

async fn is_told_of(peer: &mut Peer, group: &str) {
    let pushed = peer.pushed().await;
    assert_eq!(pushed.request_code(), RequestCode::NOTIFY_CONSUMER_IDS_CHANGED);
    assert_eq!(pushed.ext_fields().get("consumerGroup"), Some(group));
    assert!(pushed.is_oneway());
}

/// Nothing was pushed that has not been looked at. What is pushed comes before later answers.
async fn is_not_told(peer: &mut Peer) {
    peer.max("%RETRY%g", 0).await;
    assert!(peer.pushed_already().is_none());
}

/// Two members of a group that know of each other.
async fn two(running: &Running) -> (Peer, Peer) {
    let (mut one, mut two) = (running.client().await, running.client().await);
    one.get(beat("one")).await;
    is_told(&mut one).await;
    two.get(beat("two")).await;
    is_told(&mut one).await;
    is_told(&mut two).await;
    (one, two)
}

#[tokio::test]
async fn all_members_are_told_when_one_joins_and_only_then() {
    let running = Running::start(Broker::builder()).await;
    let (mut one, two) = two(&running).await;
    two.get(beat("two")).await;
    // A group of the same client is another one.
    two.get(heartbeat("two", &[consumer("h", &[]), producer("g")])).await;
    is_not_told(&mut one).await;
    running.end().await;
}

#[tokio::test]
async fn all_members_are_told_when_the_topics_change() {
    let running = Running::start(Broker::builder()).await;
    let (mut one, mut two) = two(&running).await;
    let more = consumer("g", &[("T", "*", 1), ("U", "*", 1)]);
    two.get(heartbeat("two", &[more])).await;
    is_told(&mut one).await;
    is_told(&mut two).await;
    // Other tags are not another share of the queues.
    let tags = consumer("g", &[("T", "a", 2), ("U", "*", 1)]);
    two.get(heartbeat("two", &[tags])).await;
    is_not_told(&mut one).await;
    running.end().await;
}

#[tokio::test]
async fn those_who_stay_are_told_when_a_member_says_goodbye() {
    let running = Running::start(Broker::builder().topic("T", 1)).await;
    let (mut one, mut two) = two(&running).await;
    two.get(unregister("two", "g")).await;
    is_told(&mut one).await;
    is_not_told(&mut two).await;
    assert_eq!(one.get(members("g")).await.body().as_ref(), br#"{"consumerIdList":["one"]}"#);
    // A second time, as a client that is not there, or of a group that is not there.
    for (client, group) in [("two", "g"), ("three", "g"), ("one", "h")] {
        one.get(unregister(client, group)).await;
    }
    is_not_told(&mut one).await;
    running.end().await;
}

#[tokio::test]
async fn those_who_stay_are_told_when_a_connection_ends_without_a_word() {
    let running = Running::start(Broker::builder()).await;
    let (mut one, two) = two(&running).await;
    two.channel.close("the test wants it");
    is_told(&mut one).await;
    assert_eq!(one.get(members("g")).await.body().as_ref(), br#"{"consumerIdList":["one"]}"#);
    running.end().await;
}

#[tokio::test]
async fn a_member_with_a_new_connection_stays_when_the_old_one_ends() {
    let running = Running::start(Broker::builder()).await;
    let (mut one, two) = two(&running).await;
    let mut again = running.client().await;
    again.get(beat("two")).await;
    is_told(&mut one).await;
    is_told(&mut again).await;
    // Another group tells when the broker has seen the end of the old connection.
    let witnesses = |client| heartbeat(client, &[consumer("witnesses", &[])]);
    two.get(witnesses("old")).await;
    one.get(witnesses("one")).await;
    is_told_of(&mut one, "witnesses").await;
    two.channel.close("the test wants it");
    is_told_of(&mut one, "witnesses").await;
    let list = br#"{"consumerIdList":["one","two"]}"#;
    assert_eq!(one.get(members("g")).await.body().as_ref(), list);
    is_not_told(&mut one).await;
    running.end().await;
}

#[tokio::test]
async fn offsets_are_committed_after_the_last_member_has_gone() {
    let running = Running::start(Broker::builder().topic("T", 1)).await;
    let client = running.client().await;
    client.get(beat("one")).await;
    // Java's goodbye overtakes its own last commits.
    client.get(unregister("one", "g")).await;
    assert_eq!(client.refusal(members("g")).await.0, ResponseCode::SYSTEM_ERROR);
    let of_queue = [("consumerGroup", "g"), ("topic", "T"), ("queueId", "0")];
    let commit = request(RequestCode::UPDATE_CONSUMER_OFFSET, &of_queue);
    let commit = commit.with_ext_field("commitOffset", "5");
    client.channel.invoke_oneway(commit).await.unwrap();
    let query = request(RequestCode::QUERY_CONSUMER_OFFSET, &of_queue);
    assert_eq!(offset(&client.get(query).await), 5);
    running.end().await;
}
