//! Sends of single messages.

use crate::support::peer::{Message, message};
use crate::support::requests::{Pull, Sent, bounds, request};
use crate::support::running::Running;
use rocketmq_tower::message::{Properties, PropertiesBuf, SendHeader, StoredMessage, sys_flag};
use rocketmq_tower::{RemotingCommand, RequestCode, ResponseCode};
use rocketmq_tower_broker::Broker;

/// The same send with long names of fields.
fn in_words(header: &SendHeader<'_>) -> RemotingCommand {
    request(
        RequestCode::SEND_MESSAGE,
        &[
            ("producerGroup", header.producer_group),
            ("topic", header.topic),
            ("defaultTopic", header.default_topic),
            ("defaultTopicQueueNums", &header.default_topic_queue_nums.to_string()),
            ("queueId", &header.queue_id.to_string()),
            ("sysFlag", &header.sys_flag.to_string()),
            ("bornTimestamp", &header.born_timestamp.to_string()),
            ("flag", &header.flag.to_string()),
            ("properties", header.properties.as_str()),
            ("reconsumeTimes", &header.reconsume_times.to_string()),
        ],
    )
}

#[tokio::test]
async fn a_message_is_stored_as_it_was_sent_by_both_codes() {
    let running = Running::start(Broker::builder().topic("T", 4)).await;
    let client = running.client().await;
    let mut header = SendHeader::new("producers", "T", 2);
    header.sys_flag = sys_flag::COMPRESSED | sys_flag::MULTI_TAGS | sys_flag::COMMIT;
    (header.flag, header.reconsume_times) = (-9, 3);
    header.properties = Properties::new("TAGS\u{1}a\u{2}UNIQ_KEY\u{1}77\u{2}color\u{1}r\u{e9}d");
    for (offset, send) in [(0, header.request()), (1, in_words(&header))] {
        let sent = Sent::of(&client.get(send.with_body("hello")).await);
        assert_eq!((sent.queue_id, sent.queue_offset), (2, offset));
        assert_eq!(sent.transaction_id.as_deref(), Some("77"));

        let response = client.pull(&Pull::new("T", 2).at(offset)).await;
        let (stored, rest) = StoredMessage::decode(response.body()).unwrap();
        assert!(rest.is_empty());
        let now = stored.store_timestamp;
        assert!((header.born_timestamp..=header.born_timestamp + 60_000).contains(&now));
        let expected = StoredMessage {
            queue_id: 2,
            flag: -9,
            queue_offset: offset,
            commit_log_offset: sent.commit_log_offset(),
            // The client sets the flags of compression, the broker all others.
            sys_flag: sys_flag::COMPRESSED,
            born_timestamp: header.born_timestamp,
            born_host: client.channel.local_addr().socket_addr().unwrap(),
            store_timestamp: now,
            store_host: running.broker.parse().unwrap(),
            reconsume_times: 3,
            prepared_transaction_offset: 0,
            body: b"hello",
            topic: "T",
            properties: header.properties,
        };
        let properties = PropertiesBuf::from(stored.properties);
        let added = PropertiesBuf::from_iter(header.properties.iter().chain([
            ("MSG_REGION", "DefaultRegion"),
            ("TRACE_ON", "true"),
            ("CLUSTER", "DefaultCluster"),
        ]));
        assert_eq!(properties, added);
        assert_eq!(StoredMessage { properties: header.properties, ..stored }, expected);
    }
    running.end().await;
}

#[tokio::test]
async fn a_queue_that_was_closed_for_writing_takes_what_producers_still_send() {
    let running = Running::start(Broker::builder()).await;
    let client = running.client().await;
    let queues = |read, write| {
        let fields = [
            ("topic", "T"),
            ("defaultTopic", "TBW102"),
            ("readQueueNums", read),
            ("writeQueueNums", write),
            ("perm", "6"),
            ("topicFilterType", "SINGLE_TAG"),
        ];
        request(RequestCode::UPDATE_AND_CREATE_TOPIC, &fields)
    };
    client.get(queues("8", "8")).await;
    client.send("T", 6, "early").await;
    let soon = client.send_with("T", 7, &[("TIMER_DELAY_MS", "300")], "delayed").await;
    assert_eq!(soon.queue_id, 7);
    client.get(queues("8", "0")).await;
    client.send("T", 6, "late").await;
    let bodies = client.all("T", 6).await.into_iter().map(|message| message.body);
    assert_eq!(bodies.collect::<Vec<_>>(), ["early", "late"]);
    // What waits keeps its queue, and is delivered.
    let delivered = client.pull(&Pull::new("T", 7).waits(20_000)).await;
    assert_eq!(Message::all(&delivered).len(), 1);

    let fields = [("consumerGroup", "g"), ("topic", "T"), ("queueId", "7"), ("commitOffset", "1")];
    client.get(queues("4", "4")).await;
    client.get(request(RequestCode::UPDATE_CONSUMER_OFFSET, &fields)).await;
    for properties in [&[][..], &[("DELAY", "1")], &[("TRAN_MSG", "true")]] {
        let refused = client.refusal(message("T", 7, properties, "none")).await;
        assert_eq!(refused.0, ResponseCode::INVALID_PARAMETER, "{}", refused.1);
    }
    running.end().await;
}

#[tokio::test]
async fn the_offsets_of_a_queue_have_no_gaps_and_all_ids_are_different() {
    let running = Running::start(Broker::builder().topic("T", 2)).await;
    let client = running.client().await;
    let sends = (0..20).map(|n| client.send("T", n % 2, "m"));
    let mut sent = Vec::new();
    for send in sends {
        sent.push(send.await);
    }
    for queue in 0..2 {
        let of_queue = sent.iter().filter(|sent| sent.queue_id == queue);
        assert!(of_queue.map(|sent| sent.queue_offset).eq(0..10));
    }
    let mut ids: Vec<_> = sent.iter().map(|sent| &sent.msg_id).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 20);
    running.end().await;
}

#[tokio::test]
async fn the_broker_chooses_a_queue_for_a_send_without_one() {
    let running = Running::start(Broker::builder().topic("T", 3)).await;
    let client = running.client().await;
    let mut chosen = Vec::new();
    for _ in 0..3 {
        chosen.push(client.send("T", -1, "m").await.queue_id);
    }
    chosen.sort_unstable();
    assert_eq!(chosen, [0, 1, 2]);
    running.end().await;
}

#[tokio::test]
async fn an_unknown_topic_is_created_with_at_most_the_queues_of_the_default_topic() {
    let running = Running::start(Broker::builder()).await;
    let client = running.client().await;
    for (topic, asked, queues) in [("Small", 2, 2), ("Large", 100, 8), ("None", -1, 1)] {
        let mut header = SendHeader::new("producers", topic, 0);
        header.default_topic_queue_nums = asked;
        client.get(header.request()).await;
        let refused = client.refusal(message(topic, queues, &[], "beyond")).await;
        assert_eq!(refused.0, ResponseCode::INVALID_PARAMETER, "{topic}: {}", refused.1);
        client.send(topic, queues - 1, "in the last queue").await;
    }
    let mut other = SendHeader::new("producers", "Other", 0);
    other.default_topic = "Else";
    assert_eq!(client.refusal(other.request()).await.0, ResponseCode::TOPIC_NOT_EXIST);
    running.end().await;
}

#[tokio::test]
async fn a_message_that_cannot_be_stored_is_refused_with_the_reason() {
    let running = Running::start(Broker::builder().topic("T", 1)).await;
    let client = running.client().await;
    let large = "x".repeat(4 * 1024 * 1024 + 1);
    for (topic, queue, body, code, says) in [
        ("T", 1, "", ResponseCode::INVALID_PARAMETER, "no queue 1"),
        ("T", 0, large.as_str(), ResponseCode::MESSAGE_ILLEGAL, "4194305"),
        ("a b", 0, "", ResponseCode::INVALID_PARAMETER, "' '"),
        ("", 0, "", ResponseCode::INVALID_PARAMETER, "not 0"),
        ("TBW102", 0, "", ResponseCode::NO_PERMISSION, "TBW102"),
        ("RMQ_SYS_TRANS_HALF_TOPIC", 0, "", ResponseCode::NO_PERMISSION, "own topic"),
        ("SCHEDULE_TOPIC_XXXX", 0, "", ResponseCode::NO_PERMISSION, "own topic"),
    ] {
        let (refused, remark) = client.refusal(message(topic, queue, &[], body)).await;
        assert_eq!(refused, code, "{topic}: {remark}");
        assert!(remark.contains(says), "{remark}");
    }
    assert_eq!(client.max("T", 0).await, 0);
    running.end().await;
}

#[tokio::test]
async fn a_send_to_a_topic_without_write_permission_is_refused() {
    let running = Running::start(Broker::builder()).await;
    let client = running.client().await;
    let fields = [("topic", "T"), ("readQueueNums", "1"), ("writeQueueNums", "1"), ("perm", "4")];
    client.get(request(RequestCode::UPDATE_AND_CREATE_TOPIC, &fields)).await;
    let refused = client.refusal(message("T", 0, &[], "")).await;
    assert_eq!(refused.0, ResponseCode::NO_PERMISSION);
    running.end().await;
}

#[tokio::test]
async fn a_oneway_send_is_stored() {
    let running = Running::start(Broker::builder().topic("T", 1)).await;
    let client = running.client().await;
    client.channel.invoke_oneway(message("T", 0, &[], "quiet")).await.unwrap();
    let response = client.pull(&Pull::new("T", 0).waits(20_000)).await;
    assert_eq!(bounds(&response), (1, 0, 1));
    assert_eq!(Message::all(&response)[0].body, "quiet");
    running.end().await;
}
