//! Messages that a consumer has failed to consume, and sends back.

use crate::locks::lock;
use crate::support::peer::Message;
use crate::support::peer::Peer;
use crate::support::requests::{Pull, request};
use crate::support::running::Running;
use rocketmq_tower::message::{Properties, SendHeader};
use rocketmq_tower::{RemotingCommand, RequestCode, ResponseCode};
use rocketmq_tower_broker::Broker;

fn send_back(offset: i64, level: &str) -> RemotingCommand {
    let fields = [("offset", &*offset.to_string()), ("group", "g"), ("delayLevel", level)];
    request(RequestCode::CONSUMER_SEND_MSG_BACK, &fields)
}

/// Pulls until there is a message, and returns it. It has to be the only one.
async fn next(client: &Peer, topic: &str, offset: i64) -> Message {
    let response = client.pull(&Pull::new(topic, 0).at(offset).waits(20_000)).await;
    let [message] = &Message::all(&response)[..] else { panic!("one message: {response:?}") };
    message.clone()
}

#[tokio::test]
async fn a_message_comes_back_to_its_group_after_a_delay_and_names_its_origin() {
    let running = Running::start(Broker::builder().topic("T", 4)).await;
    let client = running.client().await;
    let properties = [("TAGS", "a"), ("UNIQ_KEY", "U1"), ("color", "red")];
    let sent = client.send_with("T", 3, &properties, "work").await;
    client.get(send_back(sent.commit_log_offset(), "1")).await;
    assert_eq!(client.max("%RETRY%g", 0).await, 0, "not yet");
    let waiting = &client.all("SCHEDULE_TOPIC_XXXX", 0).await[0];

    let back = next(&client, "%RETRY%g", 0).await;
    assert!(back.store_timestamp - waiting.store_timestamp >= 1000, "{back:?} after {waiting:?}");
    assert_eq!((back.body.as_str(), back.queue_id, back.reconsume_times), ("work", 0, 1));
    let expected = [("RETRY_TOPIC", "T"), ("ORIGIN_MESSAGE_ID", sent.msg_id.as_str())].map(Some);
    for (name, value) in expected.into_iter().chain(properties.map(Some)).flatten() {
        assert_eq!(back.property(name), Some(value), "{name}");
    }
    for name in ["DELAY", "REAL_TOPIC", "REAL_QID"] {
        assert_eq!(back.property(name), None, "{name}");
    }

    // The second time, the first topic and id stay.
    client.get(send_back(back.commit_log_offset, "1")).await;
    let back = next(&client, "%RETRY%g", 1).await;
    assert_eq!(back.reconsume_times, 2);
    assert_eq!(back.property("RETRY_TOPIC"), Some("T"));
    assert_eq!(back.property("ORIGIN_MESSAGE_ID"), Some(sent.msg_id.as_str()));

    // They also stay when it becomes a dead letter.
    client.get(send_back(back.commit_log_offset, "-1")).await;
    let letter = &client.all("%DLQ%g", 0).await[0];
    assert_eq!(letter.property("DLQ_ORIGIN_TOPIC"), Some("T"));
    assert_eq!(letter.property("DLQ_ORIGIN_MESSAGE_ID"), Some(sent.msg_id.as_str()));
    running.end().await;
}

#[tokio::test]
async fn the_delay_grows_with_each_retry_by_default() {
    let running = Running::start(Broker::builder().topic("T", 1)).await;
    let client = running.client().await;
    for (reconsumed, level) in [(0, 3), (4, 7), (15, 18)] {
        let mut header = SendHeader::new("producers", "T", 0);
        header.reconsume_times = reconsumed;
        client.get(header.request()).await;
        let all = client.all("T", 0).await;
        client.get(send_back(all[all.len() - 1].commit_log_offset, "0")).await;
        let waiting = client.all("SCHEDULE_TOPIC_XXXX", level - 1).await;
        assert_eq!(waiting.len(), 1, "at level {level}");
        assert_eq!(waiting[0].reconsume_times, reconsumed + 1);
        assert_eq!(waiting[0].property("REAL_TOPIC"), Some("%RETRY%g"));
    }
    running.end().await;
}

#[tokio::test]
async fn a_message_that_must_not_be_retried_becomes_a_dead_letter_at_once() {
    let running = Running::start(Broker::builder().topic("T", 1)).await;
    let client = running.client().await;
    let sent = client.send_with("T", 0, &[("DELAY", "0")], "work").await;
    let offset = sent.commit_log_offset();
    let often = send_back(offset, "0").with_ext_field("maxReconsumeTimes", "0");
    for (dead, back) in [send_back(offset, "-1"), often].into_iter().enumerate() {
        client.get(back).await;
        let letters = client.all("%DLQ%g", 0).await;
        assert_eq!(letters.len(), dead + 1);
        let letter = &letters[dead];
        assert_eq!((letter.body.as_str(), letter.reconsume_times), ("work", 1));
        for (name, value) in [
            ("RETRY_TOPIC", "T"),
            ("ORIGIN_MESSAGE_ID", &sent.msg_id),
            ("DLQ_ORIGIN_TOPIC", "T"),
            ("DLQ_ORIGIN_MESSAGE_ID", &sent.msg_id),
        ] {
            assert_eq!(letter.property(name), Some(value), "{name}");
        }
    }
    // The default maximum of the broker.
    let mut header = SendHeader::new("producers", "T", 0);
    header.reconsume_times = 16;
    client.get(header.request()).await;
    let tired = &client.all("T", 0).await[1];
    client.get(send_back(tired.commit_log_offset, "0")).await;
    assert_eq!(client.all("%DLQ%g", 0).await[2].reconsume_times, 17);
    running.end().await;
}

#[tokio::test]
async fn only_a_message_that_exists_can_be_sent_back() {
    let running = Running::start(Broker::builder().topic("T", 1)).await;
    let client = running.client().await;
    for nowhere in [1 << 40, -1] {
        let refused = client.refusal(send_back(nowhere, "0")).await;
        assert_eq!(refused.0, ResponseCode::SYSTEM_ERROR);
        assert!(refused.1.contains(&nowhere.to_string()), "{}", refused.1);
    }
    let sent = client.send("T", 0, "work").await;
    let nameless = send_back(sent.commit_log_offset(), "0").with_ext_field("group", "");
    assert_eq!(client.refusal(nameless).await.0, ResponseCode::INVALID_PARAMETER);
    running.end().await;
}

/// Clients do this when sending back fails.
#[tokio::test]
async fn a_message_that_is_sent_to_the_retry_topic_too_often_becomes_a_dead_letter() {
    let running = Running::start(Broker::builder()).await;
    let client = running.client().await;
    for (times, max, topic) in [
        (2, Some(2), "%RETRY%g"),
        (3, Some(2), "%DLQ%g"),
        (16, None, "%RETRY%g"),
        (17, None, "%DLQ%g"),
    ] {
        let mut header = SendHeader::new("CLIENT_INNER_PRODUCER", "%RETRY%g", 0);
        (header.reconsume_times, header.max_reconsume_times) = (times, max);
        client.get(header.request()).await;
        let all = client.all(topic, 0).await;
        let last = all.last().map(|message| (message.topic.as_str(), message.reconsume_times));
        assert_eq!(last, Some((topic, times)));
    }
    running.end().await;
}

/// A consumer in order retries a message itself. It sends it when no try is left, and would get it again
/// for ever if that gave it another one.
#[tokio::test]
async fn a_group_with_locks_has_no_try_left_when_it_sends_a_message_back() {
    let running = Running::start(Broker::builder().topic("T", 1)).await;
    let client = running.client().await;
    client.get(lock("g", "one", &[0])).await;
    let mut header = SendHeader::new("CLIENT_INNER_PRODUCER", "%RETRY%g", 0);
    (header.reconsume_times, header.max_reconsume_times) = (2, Some(2));
    // A dead letter does not wait for a retry.
    header.properties =
        Properties::new("DELAY\u{1}5\u{2}RETRY_TOPIC\u{1}T\u{2}TIMER_DELAY_SEC\u{1}99");
    client.get(header.request()).await;
    let [letter] = &client.all("%DLQ%g", 0).await[..] else { panic!("one dead letter") };
    assert_eq!(letter.property("RETRY_TOPIC"), Some("T"));
    assert_eq!([letter.property("DELAY"), letter.property("TIMER_DELAY_SEC")], [None, None]);
    // A try is left.
    header.reconsume_times = 1;
    header.properties = Properties::default();
    client.get(header.request()).await;
    assert_eq!(client.max("%RETRY%g", 0).await, 1);
    running.end().await;
}
