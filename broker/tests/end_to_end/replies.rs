//! Messages whose producers wait for a reply.

use crate::heartbeats::heartbeat;
use crate::support::peer::message;
use crate::support::requests::Sent;
use crate::support::running::Running;
use rocketmq_tower::{RequestCode, ResponseCode};
use rocketmq_tower_broker::Broker;

#[tokio::test]
async fn a_reply_is_handed_to_the_client_that_waits_for_it() {
    let running = Running::start(Broker::builder().topic("T", 1).cluster("c1")).await;
    let (mut asker, consumer) = (running.client().await, running.client().await);
    asker.get(heartbeat("asker", &[], &["producers"])).await;
    let question = [("REPLY_TO_CLIENT", "asker"), ("CORRELATION_ID", "7")];
    asker.send_with("T", 0, &question, "how many?").await;
    let asked = &consumer.all("T", 0).await[0];
    // The consumer derives the topic of the reply from it.
    assert_eq!(asked.property("CLUSTER"), Some("c1"));
    assert_eq!(asked.property("REPLY_TO_CLIENT"), Some("asker"));

    let properties = [question[0], question[1], ("UNIQ_KEY", "AB01")];
    for code in [RequestCode::SEND_REPLY_MESSAGE_V2, RequestCode::SEND_REPLY_MESSAGE] {
        let mut reply = message("c1_REPLY_TOPIC", 0, &properties, "three");
        reply.set_code(code);
        if code == RequestCode::SEND_REPLY_MESSAGE {
            for (letter, word) in [
                ("a", "producerGroup"),
                ("b", "topic"),
                ("c", "defaultTopic"),
                ("d", "defaultTopicQueueNums"),
                ("e", "queueId"),
                ("f", "sysFlag"),
                ("g", "bornTimestamp"),
                ("h", "flag"),
                ("i", "properties"),
            ] {
                let value = reply.ext_fields().get(letter).unwrap().to_owned();
                reply.ext_fields_mut().insert(word, &value);
            }
        }
        let sent = Sent::of(&consumer.get(reply).await);
        assert_eq!((sent.msg_id.as_str(), sent.queue_offset), ("AB01", 0));

        let pushed = asker.pushed().await;
        assert_eq!(pushed.request_code(), RequestCode::PUSH_REPLY_MESSAGE_TO_CLIENT);
        assert!(!pushed.is_oneway(), "the client says whether it takes it");
        assert_eq!(pushed.body().as_ref(), b"three");
        let fields = pushed.ext_fields();
        let consumer_addr = consumer.channel.local_addr().to_string();
        for (name, value) in [
            ("topic", "c1_REPLY_TOPIC"),
            ("producerGroup", "producers"),
            ("bornHost", consumer_addr.as_str()),
            ("storeHost", running.broker.as_str()),
        ] {
            assert_eq!(fields.get(name), Some(value), "{name}");
        }
        assert!(fields.get("properties").unwrap().contains("CORRELATION_ID\u{1}7\u{2}"));
    }
    running.end().await;
}

#[tokio::test]
async fn a_reply_that_no_client_waits_for_is_refused() {
    let running = Running::start(Broker::builder()).await;
    let client = running.client().await;
    for (properties, says) in
        [(&[("REPLY_TO_CLIENT", "asker")][..], "asker"), (&[], "does not name")]
    {
        let mut reply = message("c1_REPLY_TOPIC", 0, properties, "three");
        reply.set_code(RequestCode::SEND_REPLY_MESSAGE_V2);
        let refused = client.refusal(reply).await;
        assert_eq!(refused.0, ResponseCode::SYSTEM_ERROR);
        assert!(refused.1.contains(says), "{}", refused.1);
    }
    running.end().await;
}
