//! Popped messages: their bounds, and a store that fails.

use super::bare::BareBroker;
use super::faulty::Faulty;
use super::peer::{Peer, bodies};
use super::popped::popped;
use super::requests::{Pop, request};
use super::soon;
use crate::answers::{WAITING, WAITING_PULL};
use crate::config::BrokerConfig;
use crate::pop::{InFlight, PopLimits};
use crate::storage::MemoryStorage;
use rocketmq_tower::protocol::{ChangeInvisibleTimeResponseHeader, NotificationResponseHeader};
use rocketmq_tower::{RemotingCommand, RequestCode, ResponseCode};
use std::sync::Arc;
use tokio::task::{JoinSet, yield_now};

async fn start(pops: PopLimits) -> (BareBroker, Peer) {
    let config = BrokerConfig { pops, ..BrokerConfig::default() };
    let bare = BareBroker::with(Arc::new(MemoryStorage::default()), &config).await;
    let client = bare.client().await;
    (bare, client)
}

async fn send(client: &Peer, count: usize) {
    for n in 0..count {
        client.send("T", 0, &n.to_string()).await;
    }
}

/// Returns the acknowledgement of the only message of a pop.
fn ack(response: &RemotingCommand) -> RemotingCommand {
    let [one] = &popped(response)[..] else { panic!("one message: {response:?}") };
    one.ack()
}

/// Returns a change of the time of the only message of a pop.
fn change(response: &RemotingCommand, ms: &str) -> RemotingCommand {
    let [one] = &popped(response)[..] else { panic!("one message: {response:?}") };
    one.request(RequestCode::CHANGE_MESSAGE_INVISIBLETIME).with_ext_field("invisibleTime", ms)
}

/// Returns the acknowledgement of the only message of a pop after its time was changed.
fn ack_at(response: &RemotingCommand, pop_time: i64) -> RemotingCommand {
    let [one] = &popped(response)[..] else { panic!("one message: {response:?}") };
    let handle = format!("{} {pop_time} 60000 0", one.message.queue_offset);
    one.ack().with_ext_field("extraInfo", &handle)
}

#[tokio::test]
async fn what_a_group_and_all_groups_have_in_flight_is_bounded() {
    let some = |messages| InFlight { messages, ..PopLimits::DEFAULT.total };
    let bytes = |bytes| InFlight { bytes, ..PopLimits::DEFAULT.total };
    for limits in [
        PopLimits { of_group: some(2), total: some(100) },
        PopLimits { of_group: some(100), total: some(2) },
        PopLimits { of_group: bytes(700), total: bytes(100_000) },
        PopLimits { of_group: bytes(100_000), total: bytes(700) },
    ] {
        let (bare, client) = start(limits).await;
        send(&client, 3).await;
        let pop = Pop::new("T").queue(0).at_most(1);
        let first = client.get(pop.request()).await;
        client.get(pop.request()).await;
        for full in [pop.clone(), pop.clone().waits(20_000)] {
            let (code, remark) = client.refusal(full.request()).await;
            assert_eq!(code, ResponseCode::SYSTEM_BUSY, "{remark}");
        }
        // A message that is given back needs no room.
        let later = change(&first, "60000");
        let changed = client.get(later).await;
        let changed: ChangeInvisibleTimeResponseHeader = changed.header().unwrap();
        assert_eq!(bare.state.pops.in_flight().messages, 2);
        client.get(ack_at(&first, changed.pop_time)).await;
        assert_eq!(bodies(&client.get(pop.request()).await), ["2"], "{limits:?}");
        assert_eq!(bare.state.pops.in_flight().messages, 2);
    }
}

#[tokio::test]
async fn a_pop_that_waits_is_told_why_it_gets_no_message() {
    let one = InFlight { messages: 1, ..PopLimits::DEFAULT.total };
    let (bare, client) = start(PopLimits { of_group: one, total: one }).await;
    send(&client, 1).await;
    client.get(Pop::new("T").request()).await;
    let before = Arc::strong_count(&bare.state);
    let waits = client.refusal(Pop::new("T").waits(20_000).request());
    let sends = async {
        soon(async {
            while Arc::strong_count(&bare.state) == before {
                yield_now().await;
            }
        })
        .await;
        send(&client, 1).await;
    };
    let ((code, remark), ()) = tokio::join!(waits, sends);
    assert_eq!(code, ResponseCode::SYSTEM_BUSY, "{remark}");
    assert!(remark.contains("not acknowledged"), "{remark}");
}

#[tokio::test]
async fn nothing_is_left_of_messages_that_are_acknowledged_or_delivered_again() {
    let (bare, client) = start(PopLimits::DEFAULT).await;
    send(&client, 3).await;
    let one = Pop::new("T").at_most(1);
    let acked = client.get(one.request()).await;
    client.get(ack(&acked)).await;
    let ordered = client.get(one.clone().in_order("one").request()).await;
    client.get(ack(&ordered)).await;
    client.get(one.clone().invisible(0).request()).await;
    soon(async {
        while bare.state.pops.in_flight() != InFlight::default() {
            yield_now().await;
        }
    })
    .await;
    assert_eq!(client.max("%RETRY%g_T", 0).await, 1);
}

#[tokio::test]
async fn requests_without_room_to_wait_are_told_so() {
    let (bare, client) = start(PopLimits::DEFAULT).await;
    send(&client, 1).await;
    client.get(Pop::new("T").request()).await;
    let mut taken = Vec::new();
    while bare.state.waiting.free() > 0 {
        taken.push(bare.state.waiting.take_of_total(WAITING.share).await);
    }
    // Some of its room is its own.
    let before = Arc::strong_count(&bare.state);
    let own = WAITING.own / WAITING_PULL;
    let mut waiting = JoinSet::new();
    for _ in 0..own {
        let channel = client.channel.clone();
        let pop = Pop::new("T").waits(20_000).request();
        waiting.spawn(async move { channel.invoke(pop, super::PATIENCE).await });
    }
    soon(async {
        while Arc::strong_count(&bare.state) < before + own {
            yield_now().await;
        }
    })
    .await;
    let (code, _) = client.refusal(Pop::new("T").waits(20_000).request()).await;
    assert_eq!(code, ResponseCode::POLLING_FULL);
    let fields = [
        ("consumerGroup", "g"),
        ("topic", "T"),
        ("queueId", "-1"),
        ("pollTime", "20000"),
        ("bornTime", "0"),
    ];
    let told = client.get(request(RequestCode::NOTIFICATION, &fields)).await;
    let told: NotificationResponseHeader = told.header().unwrap();
    assert!(told.polling_full && !told.has_msg);
}

/// The group's offset must not be stored without what was popped before it.
#[tokio::test]
async fn a_pop_that_could_not_be_stored_is_stored_with_the_next_one() {
    let storage = Arc::new(Faulty::default());
    let config = BrokerConfig::default();
    let bare = BareBroker::with(storage.clone(), &config).await;
    let client = bare.client().await;
    send(&client, 3).await;
    let pop = Pop::new("T").queue(0).at_most(1).invisible(3000);
    let first = client.get(pop.request()).await;
    // When it is stored, so is the first pop.
    client.send("T", 1, "another").await;
    storage.fail_to_write(true);
    assert_eq!(bodies(&client.get(pop.request()).await), ["1"], "it does not wait for the disk");
    soon(storage.failed.notified()).await;
    storage.fail_to_write(false);
    assert_eq!(bodies(&client.get(pop.request()).await), ["2"]);
    client.get(ack(&first)).await;
    bare.close_log().await;
    drop(bare);

    let bare = BareBroker::with(storage.clone(), &config).await;
    let client = bare.client().await;
    let mut back = Vec::new();
    while back.len() < 2 {
        let pop = Pop::new("T").queue(0).waits(20_000).request();
        back.extend(bodies(&client.get(pop).await));
    }
    back.sort();
    assert_eq!(back, ["1", "2"]);
    assert_eq!(client.max("%RETRY%g_T", 0).await, 2, "both were in flight");
}

#[tokio::test]
async fn a_delivery_that_could_not_be_stored_is_tried_again() {
    let storage = Arc::new(Faulty::default());
    let bare = BareBroker::start(storage.clone()).await;
    let client = bare.client().await;
    send(&client, 1).await;
    client.get(Pop::new("T").invisible(200).request()).await;
    // The topic of retries is there by then.
    client.send("%RETRY%g_T", 0, "another").await;
    storage.fail_to_write(true);
    soon(storage.failed.notified()).await;
    storage.fail_to_write(false);
    let mut back = Vec::new();
    while back.len() < 2 {
        back.extend(bodies(&client.get(Pop::new("T").waits(20_000).request()).await));
    }
    assert_eq!(back, ["another", "0"]);
}
