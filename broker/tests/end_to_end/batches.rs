//! Batches of messages in one send.

use crate::support::peer::{Message, Peer};
use crate::support::requests::{Sent, request};
use crate::support::running::Running;
use bytes::BytesMut;
use rocketmq_tower::message::{BatchedMessage, Properties, SendHeader};
use rocketmq_tower::{RemotingCommand, RequestCode, ResponseCode};
use rocketmq_tower_broker::Broker;

const ONE: &str = "TAGS\u{1}a\u{2}KEYS\u{1}k1";

fn batch(messages: &[(&str, &str)]) -> BytesMut {
    let mut body = BytesMut::new();
    for (text, properties) in messages {
        let properties = Properties::new(properties);
        let message = BatchedMessage { flag: 7, body: text.as_bytes(), properties };
        message.encode(&mut body).unwrap();
    }
    body
}

/// Sends two messages with `send`, and finds both by their ids.
async fn is_taken_apart(client: &Peer, send: RemotingCommand) {
    let first = client.max("T", 0).await;
    let send = send.with_body(batch(&[("one", ONE), ("two", "")]).freeze());
    let sent = Sent::of(&client.get(send).await);
    assert_eq!((sent.queue_id, sent.queue_offset), (0, first));
    let all = client.all("T", 0).await;
    let new = &all[first as usize..];
    let bodies: Vec<_> = new.iter().map(|message| message.body.as_str()).collect();
    assert_eq!(bodies, ["one", "two"]);
    assert_eq!([new[0].property("TAGS"), new[1].property("TAGS")], [Some("a"), None]);
    for message in new {
        assert_eq!(message.property("MSG_REGION"), Some("DefaultRegion"));
        assert_eq!(message.property("UNIQ_KEY").map(str::len), Some(32));
    }
    let ids = sent.ids();
    assert_eq!(ids.len(), 2);
    for (id, message) in ids.iter().zip(new) {
        assert_eq!(id.commit_log_offset, message.commit_log_offset);
        let offset = id.commit_log_offset.to_string();
        let view = request(RequestCode::VIEW_MESSAGE_BY_ID, &[("offset", &offset)]);
        let found = Message::all(&client.get(view).await);
        assert_eq!((found.len(), &found[0]), (1, message));
    }
}

#[tokio::test]
async fn a_batch_is_stored_as_single_messages_whatever_its_encoding() {
    let running = Running::start(Broker::builder().topic("T", 1)).await;
    let client = running.client().await;
    let header = SendHeader { batch: true, ..SendHeader::new("producers", "T", 0) };
    is_taken_apart(&client, header.request()).await;
    // Newer C++ clients use the code of single messages.
    let mut single = header.request();
    single.set_code(RequestCode::SEND_MESSAGE_V2);
    is_taken_apart(&client, single).await;
    // Older C++ clients write booleans as numbers, and long names.
    let fields = [
        ("producerGroup", "producers"),
        ("topic", "T"),
        ("defaultTopic", "TBW102"),
        ("defaultTopicQueueNums", "4"),
        ("queueId", "0"),
        ("sysFlag", "0"),
        ("bornTimestamp", "1"),
        ("flag", "0"),
        ("batch", "1"),
    ];
    is_taken_apart(&client, request(RequestCode::SEND_MESSAGE, &fields)).await;
    // The code alone marks a batch, too.
    let mut coded = SendHeader::new("producers", "T", 0).request();
    coded.set_code(RequestCode::SEND_BATCH_MESSAGE);
    is_taken_apart(&client, coded).await;
    running.end().await;
}

#[tokio::test]
async fn a_batch_is_stored_as_a_whole_or_not_at_all() {
    let running = Running::start(Broker::builder().topic("T", 1)).await;
    let client = running.client().await;
    let send = SendHeader { batch: true, ..SendHeader::new("producers", "T", 0) }.request();
    let mut cut = batch(&[("one", ""), ("two", "")]);
    cut.truncate(cut.len() - 1);
    let second = |properties| batch(&[("one", ""), ("two", properties)]);
    let delayed = second("DELAY\u{1}1");
    let timed = second("TIMER_DELIVER_MS\u{1}99");
    let half = second("TRAN_MSG\u{1}true");
    for body in [cut, delayed, timed, half, BytesMut::new()] {
        let refused = client.refusal(send.clone().with_body(body.freeze())).await;
        assert_eq!(refused.0, ResponseCode::MESSAGE_ILLEGAL, "{}", refused.1);
    }
    assert_eq!(client.max("T", 0).await, 0);
    running.end().await;
}
