//! Groups that pop in order: a queue is blocked as long as its messages are in flight.

use crate::pops::{group_offset, next, nothing};
use crate::support::folder::Folder;
use crate::support::peer::{Peer, bodies};
use crate::support::popped::{header, popped};
use crate::support::requests::{Pop, request};
use crate::support::running::Running;
use rocketmq_tower::protocol::ChangeInvisibleTimeResponseHeader;
use rocketmq_tower::{RequestCode, ResponseCode};
use rocketmq_tower_broker::Broker;

async fn send(client: &Peer, all: &[&str]) {
    for body in all {
        client.send("T", 0, body).await;
    }
}

#[tokio::test]
async fn messages_in_flight_block_their_queue_and_acknowledgements_move_the_offset() {
    let running = Running::start(Broker::builder().topic("T", 1)).await;
    let client = running.client().await;
    send(&client, &["a", "b", "c"]).await;
    let first = client.get(Pop::new("T").at_most(2).in_order("one").request()).await;
    assert_eq!(bodies(&first), ["a", "b"]);
    let fields = header(&first);
    assert_eq!((fields.revive_qid, fields.rest_num), (999, 1));
    assert_eq!(fields.order_count_info.as_deref(), Some("0 0 0"));
    assert_eq!(group_offset(&client, "T", "0").await, 0);
    nothing(&client, &Pop::new("T").in_order("two")).await;
    // The same attempt gets them again.
    let again = client.get(Pop::new("T").at_most(2).in_order("one").request()).await;
    assert_eq!(bodies(&again), ["a", "b"]);
    assert_eq!(header(&again).order_count_info.as_deref(), Some("0 0 0"));

    let [a, b] = &popped(&again)[..] else { panic!("two messages") };
    // The handles of the first answer are of no use any more, unless both are of the same millisecond.
    client.get(b.ack()).await;
    assert_eq!(group_offset(&client, "T", "0").await, 0);
    nothing(&client, &Pop::new("T").in_order("two")).await;
    client.get(a.ack()).await;
    assert_eq!(group_offset(&client, "T", "0").await, 2);
    client.get(a.ack()).await;
    let c = next(&client, Pop::new("T").in_order("two")).await;
    assert_eq!(c.message.body, "c");
    let unknown = c.ack().with_ext_field("offset", "3");
    assert_eq!(client.refusal(unknown).await.0, ResponseCode::MESSAGE_ILLEGAL);
    running.end().await;
}

#[tokio::test]
async fn a_pop_waits_until_a_queue_is_free() {
    let running = Running::start(Broker::builder().topic("T", 1)).await;
    let client = running.client().await;
    send(&client, &["a", "b"]).await;
    let a = next(&client, Pop::new("T").at_most(1).in_order("one")).await;
    let waiting = Pop::new("T").at_most(1).in_order("two").waits(20_000).request();
    let (waited, acked) = tokio::join!(client.get(waiting), client.get(a.ack()));
    assert!(acked.response_code().is_success());
    assert_eq!(bodies(&waited), ["b"]);
    running.end().await;
}

#[tokio::test]
async fn messages_that_are_visible_again_are_popped_in_place_and_counted() {
    let running = Running::start(Broker::builder().topic("T", 1)).await;
    let client = running.client().await;
    send(&client, &["a"]).await;
    next(&client, Pop::new("T").in_order("one").invisible(20)).await;
    send(&client, &["b"]).await;
    let pop = Pop::new("T").in_order("two").invisible(20).waits(20_000);
    let second = client.get(pop.request()).await;
    assert_eq!(bodies(&second), ["a", "b"]);
    assert_eq!(header(&second).order_count_info.as_deref(), Some("0 qo0%0 1;0 0 0"));
    let third = client.get(Pop::new("T").in_order("three").waits(20_000).request()).await;
    let counts = header(&third).order_count_info;
    assert_eq!(counts.as_deref(), Some("0 qo0%0 2;0 qo0%1 1;0 0 1"));
    assert_eq!(client.max("%RETRY%g_T", 0).await, 0, "none of them is copied");
    running.end().await;
}

#[tokio::test]
async fn the_time_of_messages_in_order_can_be_changed() {
    let running = Running::start(Broker::builder().topic("T", 1)).await;
    let client = running.client().await;
    send(&client, &["a"]).await;
    let a = next(&client, Pop::new("T").in_order("one")).await;
    let change = |ms| {
        let change = a.request(RequestCode::CHANGE_MESSAGE_INVISIBLETIME);
        change.with_ext_field("invisibleTime", ms)
    };
    let changed = client.get(change("0")).await;
    let changed: ChangeInvisibleTimeResponseHeader = changed.header().unwrap();
    let pop_time: i64 = a.handle.split(' ').nth(1).unwrap().parse().unwrap();
    assert_eq!((changed.pop_time, changed.revive_qid), (pop_time, 999));
    let again = next(&client, Pop::new("T").in_order("two")).await;
    assert_eq!(again.message.body, "a");
    client.get(again.ack()).await;
    assert_eq!(group_offset(&client, "T", "0").await, 1);
    // As Java's broker answers when the message is consumed.
    let late: ChangeInvisibleTimeResponseHeader = client.get(change("0")).await.header().unwrap();
    assert_eq!(late, ChangeInvisibleTimeResponseHeader::default());
    running.end().await;
}

#[tokio::test]
async fn a_group_whose_offset_is_reset_begins_there() {
    let running = Running::start(Broker::builder().topic("T", 1)).await;
    let client = running.client().await;
    send(&client, &["a", "b", "c"]).await;
    let reset = || {
        let fields = [
            ("topic", "T"),
            ("group", "g"),
            ("timestamp", "-1"),
            ("isForce", "true"),
            ("queueId", "0"),
            ("offset", "1"),
        ];
        client.get(request(RequestCode::INVOKE_BROKER_TO_RESET_OFFSET, &fields))
    };
    client.get(Pop::new("T").at_most(2).in_order("one").request()).await;
    reset().await;
    let second = client.get(Pop::new("T").in_order("two").request()).await;
    assert_eq!(bodies(&second), ["b", "c"], "the messages in flight do not block it");
    for popped in popped(&second) {
        client.get(popped.ack()).await;
    }
    nothing(&client, &Pop::new("T")).await;
    reset().await;
    assert_eq!(bodies(&client.get(Pop::new("T").request()).await), ["b", "c"]);
    running.end().await;
}

#[tokio::test]
async fn a_restart_keeps_what_is_in_flight_in_order() {
    let folder = Folder::new();
    let start = || Running::start(Broker::builder().topic("T", 1).data_dir(folder.path()));
    let running = start().await;
    let client = running.client().await;
    send(&client, &["a", "b", "c"]).await;
    let first = client.get(Pop::new("T").at_most(2).in_order("one").request()).await;
    let [a, b] = &popped(&first)[..] else { panic!("two messages") };
    client.get(a.ack()).await;
    running.end().await;

    let running = start().await;
    let client = running.client().await;
    assert_eq!(group_offset(&client, "T", "0").await, 1);
    nothing(&client, &Pop::new("T").in_order("two")).await;
    client.get(b.ack()).await;
    assert_eq!(next(&client, Pop::new("T").in_order("two")).await.message.body, "c");
    running.end().await;
}
