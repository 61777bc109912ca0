//! Changes of the time at which popped messages are visible, acknowledgements of several messages, and
//! notifications.

use crate::pops::{next, nothing};
use crate::support::peer::{Peer, bodies};
use crate::support::popped::{header, popped};
use crate::support::requests::{Pop, now_ms, request};
use crate::support::running::Running;
use rocketmq_tower::protocol::{ChangeInvisibleTimeResponseHeader, NotificationResponseHeader};
use rocketmq_tower::{RemotingCommand, RequestCode, ResponseCode};
use rocketmq_tower_broker::Broker;

fn change(popped: &crate::support::popped::Popped, ms: &str) -> RemotingCommand {
    let change = popped.request(RequestCode::CHANGE_MESSAGE_INVISIBLETIME);
    change.with_ext_field("invisibleTime", ms)
}

async fn changed(client: &Peer, request: RemotingCommand) -> ChangeInvisibleTimeResponseHeader {
    client.get(request).await.header().expect("the new handle")
}

#[tokio::test]
async fn a_message_that_was_refused_comes_back_at_the_time_that_its_consumer_sets() {
    let running = Running::start(Broker::builder().topic("T", 1)).await;
    let client = running.client().await;
    for body in ["a", "b"] {
        client.send("T", 0, body).await;
    }
    let first = client.get(Pop::new("T").request()).await;
    let [a, b] = &popped(&first)[..] else { panic!("two messages") };
    let new = changed(&client, change(a, "0")).await;
    assert!(new.pop_time > header(&first).pop_time);
    assert_eq!((new.invisible_time, new.revive_qid), (0, 0));
    let back = next(&client, Pop::new("T")).await;
    assert_eq!((&*back.message.body, back.message.reconsume_times), ("a", 1));
    // The other one is still in flight, and one that comes back, too, can be refused.
    nothing(&client, &Pop::new("T")).await;
    changed(&client, change(&back, "0").with_ext_field("suspend", "true")).await;
    let back = next(&client, Pop::new("T")).await;
    assert_eq!(back.message.reconsume_times, 1, "it does not count");
    // Their handles are used up.
    assert_eq!(client.refusal(change(a, "0")).await.0, ResponseCode::NO_MESSAGE);
    client.get(b.ack()).await;
    assert_eq!(client.refusal(change(b, "0")).await.0, ResponseCode::NO_MESSAGE);
    running.end().await;
}

#[tokio::test]
async fn a_message_stays_invisible_for_a_longer_time_with_a_new_handle() {
    let running = Running::start(Broker::builder().topic("T", 1)).await;
    let client = running.client().await;
    client.send("T", 0, "a").await;
    let mut a = next(&client, Pop::new("T").invisible(10_000)).await;
    let old = a.clone();
    let new = changed(&client, change(&a, "60000")).await;
    a.handle = format!("0 {} 60000 0 0 broker-a 0 0", new.pop_time);
    let newer = changed(&client, change(&a, "1")).await;
    assert!(newer.pop_time > new.pop_time);
    // Neither of the old handles has an effect.
    client.get(old.ack()).await;
    client.get(a.ack()).await;
    assert_eq!(next(&client, Pop::new("T")).await.message.reconsume_times, 1);
    running.end().await;
}

#[tokio::test]
async fn several_messages_are_acknowledged_at_a_time() {
    let running = Running::start(Broker::builder().topic("T", 1)).await;
    let client = running.client().await;
    for body in ["a", "b", "c"] {
        client.send("T", 0, body).await;
    }
    let first = client.get(Pop::new("T").invisible(2000).request()).await;
    let pop_time = header(&first).pop_time;
    let acks = |topic: &str| {
        let ack = format!(
            r#"{{"b":"BQ==","c":"g","it":300,"pt":{pop_time},"q":0,"r":"0","rq":0,"so":0,"t":"{topic}"}}"#
        );
        let body = format!(r#"{{"brokerName":"broker-a","acks":[{ack}]}}"#);
        RemotingCommand::request(RequestCode::BATCH_ACK_MESSAGE).with_body(body)
    };
    assert_eq!(client.refusal(acks("U")).await.0, ResponseCode::TOPIC_NOT_EXIST);
    client.get(acks("T")).await;
    client.get(acks("T")).await;
    let back = next(&client, Pop::new("T")).await;
    assert_eq!(back.message.body, "b");
    nothing(&client, &Pop::new("T")).await;
    for empty in ["", "{}", r#"{"acks":[]}"#] {
        let empty = RemotingCommand::request(RequestCode::BATCH_ACK_MESSAGE).with_body(empty);
        assert_eq!(client.refusal(empty).await.0, ResponseCode::NO_MESSAGE);
    }
    running.end().await;
}

#[tokio::test]
async fn several_messages_in_order_are_acknowledged_at_a_time() {
    let running = Running::start(Broker::builder().topic("T", 1)).await;
    let client = running.client().await;
    for body in ["a", "b", "c"] {
        client.send("T", 0, body).await;
    }
    let first = client.get(Pop::new("T").at_most(2).in_order("one").request()).await;
    let pop_time = header(&first).pop_time;
    let body = format!(
        r#"{{"acks":[{{"b":"Aw==","c":"g","it":300,"pt":{pop_time},"q":0,"r":"0","rq":999,"so":0,"t":"T"}}]}}"#
    );
    client.get(RemotingCommand::request(RequestCode::BATCH_ACK_MESSAGE).with_body(body)).await;
    assert_eq!(next(&client, Pop::new("T").in_order("two")).await.message.body, "c");
    running.end().await;
}

#[tokio::test]
async fn a_client_is_told_when_there_are_messages() {
    let running = Running::start(Broker::builder().topic("T", 2)).await;
    let client = running.client().await;
    let asks = |poll: &str, order: &str| {
        let fields = [
            ("consumerGroup", "g"),
            ("topic", "T"),
            ("queueId", "-1"),
            ("pollTime", poll),
            ("bornTime", &*now_ms().to_string()),
            ("order", order),
        ];
        request(RequestCode::NOTIFICATION, &fields)
    };
    let has = async |request| {
        let answer: NotificationResponseHeader = client.get(request).await.header().unwrap();
        assert!(!answer.polling_full);
        answer.has_msg
    };
    assert!(!has(asks("0", "false")).await);
    assert!(!has(asks("20", "false")).await);
    let (told, _) = tokio::join!(has(asks("20000", "false")), client.send("T", 1, "a"));
    assert!(told);
    // It comes back.
    next(&client, Pop::new("T").invisible(100)).await;
    assert!(has(asks("20000", "false")).await);
    assert_eq!(bodies(&client.get(Pop::new("T").request()).await), ["a"]);

    client.send("T", 1, "b").await;
    next(&client, Pop::new("T").in_order("one")).await;
    assert!(has(asks("0", "false")).await);
    assert!(!has(asks("0", "true")).await, "it is blocked");
    running.end().await;
}
