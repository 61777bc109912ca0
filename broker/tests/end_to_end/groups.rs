//! Groups of consumers: members that join and leave, and notifications.

use crate::heartbeats::{consumer, heartbeat, members};
use crate::support::peer::{Peer, offset};
use crate::support::requests::{Pull, request};
use crate::support::running::Running;
use rocketmq_tower::{RemotingCommand, RequestCode, ResponseCode};
use rocketmq_tower_broker::Broker;
use std::sync::atomic::{AtomicU32, Ordering};

fn beat(client: &str) -> RemotingCommand {
    heartbeat(client, &[consumer("g", &[("T", "*", 1)])], &[])
}

fn unregister(client: &str, group: &str) -> RemotingCommand {
    let fields = [("clientID", client), ("producerGroup", ""), ("consumerGroup", group)];
    request(RequestCode::UNREGISTER_CLIENT, &fields)
}

/// Checks that the next request of the server is a oneway notification of a change of the group.
async fn is_notified(peer: &mut Peer) {
    is_notified_of(peer, "g").await;
}

async fn is_notified_of(peer: &mut Peer, group: &str) {
    let pushed = peer.pushed().await;
    assert_eq!(pushed.request_code(), RequestCode::NOTIFY_CONSUMER_IDS_CHANGED);
    assert_eq!(pushed.ext_fields().get("consumerGroup"), Some(group));
    assert!(pushed.is_oneway());
}

/// Checks that no other request of the server arrives. Groups are notified one after the other, so that
/// the notification of a later change would be behind it.
async fn is_not_notified(peer: &mut Peer) {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let witnesses = format!("witnesses{}", NEXT.fetch_add(1, Ordering::Relaxed));
    peer.get(heartbeat("witness", &[consumer(&witnesses, &[])], &[])).await;
    is_notified_of(peer, &witnesses).await;
}

/// Returns two members of a group that were notified of each other.
async fn two(running: &Running) -> (Peer, Peer) {
    two_with(running, ["one", "two"]).await
}

/// The same with these ids of clients.
async fn two_with(running: &Running, ids: [&str; 2]) -> (Peer, Peer) {
    let (mut one, mut two) = (running.client().await, running.client().await);
    one.get(beat(ids[0])).await;
    is_notified(&mut one).await;
    two.get(beat(ids[1])).await;
    is_notified(&mut one).await;
    is_notified(&mut two).await;
    (one, two)
}

#[tokio::test]
async fn all_members_are_notified_only_when_a_member_joins() {
    let running = Running::start(Broker::builder()).await;
    let (mut one, two) = two(&running).await;
    two.get(beat("two")).await;
    // Another group of the same client does not count.
    two.get(heartbeat("two", &[consumer("h", &[])], &["g"])).await;
    is_not_notified(&mut one).await;
    running.end().await;
}

#[tokio::test]
async fn all_members_are_notified_when_the_topics_change() {
    let running = Running::start(Broker::builder()).await;
    let (mut one, mut two) = two(&running).await;
    let more = consumer("g", &[("T", "*", 1), ("U", "*", 1)]);
    two.get(heartbeat("two", &[more], &[])).await;
    is_notified(&mut one).await;
    is_notified(&mut two).await;
    // Other tags do not change the shares of queues.
    let tags = consumer("g", &[("T", "a", 2), ("U", "*", 1)]);
    two.get(heartbeat("two", &[tags], &[])).await;
    is_not_notified(&mut one).await;
    running.end().await;
}

#[tokio::test]
async fn the_other_members_are_notified_when_a_member_unregisters() {
    let running = Running::start(Broker::builder().topic("T", 1)).await;
    let (mut one, mut two) = two(&running).await;
    two.get(unregister("two", "g")).await;
    is_notified(&mut one).await;
    is_not_notified(&mut two).await;
    assert_eq!(one.get(members("g")).await.body().as_ref(), br#"{"consumerIdList":["one"]}"#);
    // Again, for an unknown client, and for an unknown group.
    for (client, group) in [("two", "g"), ("three", "g"), ("one", "h")] {
        one.get(unregister(client, group)).await;
    }
    is_not_notified(&mut one).await;
    running.end().await;
}

#[tokio::test]
async fn the_other_members_are_notified_when_a_connection_ends() {
    let running = Running::start(Broker::builder()).await;
    let (mut one, two) = two(&running).await;
    two.channel.close("the test wants it");
    is_notified(&mut one).await;
    assert_eq!(one.get(members("g")).await.body().as_ref(), br#"{"consumerIdList":["one"]}"#);
    running.end().await;
}

#[tokio::test]
async fn a_member_with_a_new_connection_stays_when_the_old_one_ends() {
    let running = Running::start(Broker::builder()).await;
    let (mut one, two) = two(&running).await;
    let mut again = running.client().await;
    again.get(beat("two")).await;
    is_notified(&mut one).await;
    is_notified(&mut again).await;
    // A notification of another group shows that the broker has seen the end of the old connection.
    let witnesses = |client| heartbeat(client, &[consumer("witnesses", &[])], &[]);
    two.get(witnesses("old")).await;
    one.get(witnesses("one")).await;
    is_notified_of(&mut one, "witnesses").await;
    two.channel.close("the test wants it");
    is_notified_of(&mut one, "witnesses").await;
    let list = br#"{"consumerIdList":["one","two"]}"#;
    assert_eq!(one.get(members("g")).await.body().as_ref(), list);
    is_not_notified(&mut one).await;
    running.end().await;
}

/// Containers often have the same address and process id, so that their clients have the same id.
#[tokio::test]
async fn of_two_connections_with_one_client_id_each_is_a_member() {
    let running = Running::start(Broker::builder().topic("T", 1)).await;
    let (mut one, mut two) = two_with(&running, ["same", "same"]).await;
    for _ in 0..3 {
        one.get(beat("same")).await;
        two.get(beat("same")).await;
    }
    is_not_notified(&mut one).await;
    is_not_notified(&mut two).await;

    // A stranger that says the id removes nobody, and neither does the one that leaves.
    let stranger = running.client().await;
    stranger.get(unregister("same", "g")).await;
    let list = br#"{"consumerIdList":["same"]}"#;
    two.get(unregister("same", "g")).await;
    assert_eq!(one.get(members("g")).await.body().as_ref(), list);
    let pull = Pull::new("T", 0).subscribed("g", 1);
    assert_eq!(one.pull(&pull).await.response_code(), ResponseCode::PULL_NOT_FOUND);
    is_not_notified(&mut one).await;
    one.get(unregister("same", "g")).await;
    assert_eq!(one.refusal(members("g")).await.0, ResponseCode::SYSTEM_ERROR);
    running.end().await;
}

#[tokio::test]
async fn offsets_are_committed_after_the_last_member_has_left() {
    let running = Running::start(Broker::builder().topic("T", 1)).await;
    let client = running.client().await;
    client.get(beat("one")).await;
    // Java's client unregisters before its last commits arrive.
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
