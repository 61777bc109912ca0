//! Messages that come back: from retries, by id, by key.

use crate::Tenants;
use crate::support::peer::Message;
use crate::support::requests::{Pop, Pull, request};
use rocketmq_tower::message::{BatchedMessage, Properties, SendHeader};
use rocketmq_tower::{RequestCode as Code, ResponseCode};

fn back(offset: i64, topic: &str) -> rocketmq_tower::RemotingCommand {
    let offset = offset.to_string();
    let fields =
        [("offset", &*offset), ("group", "g"), ("delayLevel", "-1"), ("originTopic", topic)];
    request(Code::CONSUMER_SEND_MSG_BACK, &fields)
}

#[tokio::test]
async fn messages_sent_back_have_plain_names() {
    let tenants = Tenants::start().await;
    let (red, blue) = tenants.clients().await;
    let (mine, other) = (red.send("T", 0, "mine").await, blue.send("T", 0, "other").await);
    red.get(back(mine.commit_log_offset(), "T")).await;
    // The broker copies any message.
    red.call(back(other.commit_log_offset(), "T")).await;
    let dead = red.pull(&Pull::new("%DLQ%g", 0)).await;
    let dead = Message::all(&dead);
    assert_eq!(dead.len(), 1, "{dead:?}");
    assert_eq!((&*dead[0].topic, &*dead[0].body), ("%DLQ%g", "mine"));
    assert_eq!(dead[0].property("RETRY_TOPIC"), Some("T"));
}

#[tokio::test]
async fn messages_are_found_by_their_owner() {
    let tenants = Tenants::start().await;
    let (red, blue) = tenants.clients().await;
    let sent = red.send_with("T", 0, &[("KEYS", "k")], "mine").await;
    let view = |offset: i64| request(Code::VIEW_MESSAGE_BY_ID, &[("offset", &offset.to_string())]);
    let found = red.get(view(sent.commit_log_offset())).await;
    assert_eq!(Message::all(&found)[0].topic, "T");
    let (none, others) =
        (blue.refusal(view(1 << 40)).await, blue.refusal(view(sent.commit_log_offset())).await);
    assert_eq!(none, others);
    let query = |key| {
        let fields = [
            ("topic", "T"),
            ("key", key),
            ("maxNum", "32"),
            ("beginTimestamp", "0"),
            ("endTimestamp", "9999999999999"),
        ];
        request(Code::QUERY_MESSAGE, &fields)
    };
    let found = red.get(query("k")).await;
    assert_eq!(Message::all(&found)[0].body, "mine");
    assert_eq!(found.ext_fields().get("indexLastUpdatePhyoffset"), Some("0"));
    assert_eq!(blue.refusal(query("k")).await.0, ResponseCode::QUERY_NOT_FOUND);
}

#[tokio::test]
async fn popped_messages_come_again_and_are_acknowledged() {
    let tenants = Tenants::start().await;
    let (red, blue) = tenants.clients().await;
    red.send("T", 0, "mine").await;
    blue.send("T", 0, "other").await;
    let popped = red.get(Pop::new("T").invisible(10).request()).await;
    let first = &Message::all(&popped)[0];
    assert_eq!((&*first.topic, &*first.body), ("T", "mine"));
    let mut again = Vec::new();
    while again.is_empty() {
        let popped = red.call(Pop::new("T").waits(1000).request()).await;
        again = Message::all(&popped);
    }
    let again = &again[0];
    assert_eq!(again.body, "mine");
    let handle = again.property("POP_CK").unwrap().to_owned();
    // As Java's clients name the topic of a retry.
    let topic = match handle.split(' ').nth(5) {
        Some("1") => "%RETRY%g_T",
        Some("2") => "%RETRY%g+T",
        _ => "T",
    };
    let (queue, offset) = (again.queue_id.to_string(), again.queue_offset.to_string());
    let offset = handle.split(' ').nth(7).unwrap_or(&offset).to_owned();
    let fields = [
        ("consumerGroup", "g"),
        ("topic", topic),
        ("queueId", &*queue),
        ("extraInfo", &*handle),
        ("offset", &*offset),
    ];
    let ack = red.call(request(Code::ACK_MESSAGE, &fields)).await;
    assert!(ack.response_code().is_success(), "{handle}: {ack:?}");
}

#[tokio::test]
async fn the_messages_of_a_batch_have_the_tenants_names() {
    let tenants = Tenants::start().await;
    let (red, _blue) = tenants.clients().await;
    let mut header = SendHeader::new("p", "T", 0);
    header.batch = true;
    let mut body = bytes::BytesMut::new();
    for reply_to in ["REPLY_TO_CLIENT\u{1}me\u{2}", ""] {
        let message = BatchedMessage { flag: 0, body: b"x", properties: Properties::new(reply_to) };
        message.encode(&mut body).unwrap();
    }
    red.get(header.request().with_body(body.freeze())).await;
    let inside = tenants.direct().await.pull(&Pull::new("red%T", 0)).await;
    assert_eq!(Message::all(&inside)[0].property("REPLY_TO_CLIENT"), Some("red%me"));
    let outside = red.all("T", 0).await;
    assert_eq!(outside[0].property("REPLY_TO_CLIENT"), Some("me"));
    assert_eq!(outside.len(), 2);
}

#[tokio::test]
async fn a_long_poll_gets_its_own_message() {
    let tenants = Tenants::start().await;
    let (red, blue) = tenants.clients().await;
    let other = tenants.clients().await.0;
    red.send("T", 0, "first").await;
    let pull = Pull::new("T", 0).at(1).waits(20_000);
    let (pulled, _, _) =
        tokio::join!(red.pull(&pull), blue.send("T", 0, "of blue"), other.send("T", 0, "second"));
    let all = Message::all(&pulled);
    assert_eq!((&*all[0].topic, &*all[0].body, all.len()), ("T", "second", 1));
}
