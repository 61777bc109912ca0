//! Sends that succeed, and messages that are refused before they are sent.

use super::cluster::{Answer, Cluster, hello};
use rocketmq_tower::client::{Producer, RouteError, SendError, SendStatus};
use rocketmq_tower::message::{BatchedMessage, Message, property};
use rocketmq_tower::protocol::MessageQueue;
use rocketmq_tower::{RequestCode, ResponseCode, ServiceExt};
use rocketmq_tower_test_support::{SECOND, until};
use tokio::time::advance;

async fn send_all(producer: &Producer, topic: &str, count: usize) {
    for _ in 0..count {
        producer.send(hello(topic)).await.expect("stored");
    }
}

#[tokio::test(start_paused = true)]
async fn queues_of_masters_take_turns() {
    let cluster = Cluster::new(&["a", "b"]);
    cluster.set("T", &[("a", 2), ("b", 1)]);
    let producer = cluster.producer();
    send_all(&producer, "T", 3).await;
    // Clones go on where the others are.
    send_all(&producer.clone(), "T", 3).await;
    let places = cluster.places();
    assert_eq!(places[..3], places[3..]);
    let first = places.iter().position(|place| *place == ("a", 0)).expect("each has its turn");
    let turns: Vec<_> = places.iter().cycle().skip(first).take(3).collect();
    assert_eq!(turns, [&("a", 0), &("a", 1), &("b", 0)]);
    assert_eq!(cluster.asked(), ["T"]);
}

#[tokio::test(start_paused = true)]
async fn a_result_says_where_and_how_safely_it_is_stored() {
    let cluster = Cluster::new(&["a"]);
    cluster.set("T", &[("a", 1)]);
    let producer = cluster.producer();
    for (code, status) in [
        (ResponseCode::SUCCESS, SendStatus::Ok),
        (ResponseCode::FLUSH_DISK_TIMEOUT, SendStatus::FlushDiskTimeout),
        (ResponseCode::FLUSH_SLAVE_TIMEOUT, SendStatus::FlushSlaveTimeout),
        (ResponseCode::SLAVE_NOT_AVAILABLE, SendStatus::SlaveNotAvailable),
    ] {
        cluster.answer("a", &[Answer::Code(code)]);
        let sent = producer.send(hello("T").tag("x")).await.expect("stored");
        let received = cluster.received();
        let [request] = &received[..] else { panic!("sent once: {received:?}") };
        assert_eq!((sent.status, sent.status.is_ok()), (status, status == SendStatus::Ok));
        assert_eq!(sent.msg_id, request.unique_id);
        assert_eq!(sent.msg_id.len(), 32);
        assert_eq!(sent.offset_msg_id, "7F00000100002A9F00000000000004D2");
        let queue = MessageQueue { broker_name: "a".into(), queue_id: 0, topic: "T".into() };
        assert_eq!((sent.queue, sent.queue_offset), (queue, 0));
        assert_eq!((request.code, request.is_oneway), (RequestCode::SEND_MESSAGE_V2, false));
        assert_eq!((&request.group[..], request.named.as_deref()), ("group", Some("a")));
        assert_eq!(request.body, b"hello");
    }
    let own = hello("T").property(property::UNIQ_KEY, "mine");
    let sent = producer.oneshot(own).await.expect("it is a service, too");
    assert_eq!((sent.msg_id.as_str(), &cluster.received()[0].unique_id[..]), ("mine", "mine"));
}

/// A new topic has at most as many queues as the default topic and the producer say.
#[tokio::test(start_paused = true)]
async fn a_new_topic_is_created_by_its_first_message() {
    let cluster = Cluster::new(&["a", "b"]);
    cluster.set("TBW102", &[("a", 8), ("b", 2)]);
    let producer = cluster.producer();
    send_all(&producer, "new", 6).await;
    assert_eq!(cluster.asked(), ["new", "TBW102"]);
    let received = cluster.received();
    assert!(received.iter().all(|sent| sent.topic == "new" && sent.queue_nums == 4));
    let mut places: Vec<_> = received.iter().map(|sent| (sent.broker, sent.queue_id)).collect();
    places.sort_unstable();
    assert_eq!(places, [("a", 0), ("a", 1), ("a", 2), ("a", 3), ("b", 0), ("b", 1)]);

    // The brokers have registered it.
    cluster.set("new", &[("b", 1)]);
    advance(SECOND).await;
    producer.send(hello("new")).await.expect("stored");
    assert_eq!((cluster.asked(), cluster.places()), (vec!["new".into()], vec![("b", 0)]));

    let producer = producer.default_topic_queue_nums(1);
    send_all(&producer, "newer", 2).await;
    let mut received = cluster.received();
    received.sort_by_key(|sent| sent.broker);
    let places: Vec<_> = received.iter().map(|sent| (sent.broker, sent.queue_id)).collect();
    assert_eq!((places, received[0].queue_nums), (vec![("a", 0), ("b", 0)], 1));
}

#[tokio::test(start_paused = true)]
async fn without_a_topic_or_a_queue_nothing_is_sent() {
    let cluster = Cluster::new(&["a"]);
    let producer = cluster.producer();
    let error = producer.send(hello("none")).await.expect_err("no default topic");
    assert!(
        matches!(&error, SendError::Route(RouteError::TopicNotExist { topic }) if topic == "none"),
        "{error:?}"
    );
    cluster.set("T", &[("a", 0)]);
    let error = producer.send(hello("T")).await.expect_err("no queue");
    assert_eq!(error.to_string(), "no master broker has a queue of T that can be written");
    let other = MessageQueue { broker_name: "b".into(), queue_id: 0, topic: "T".into() };
    let error = producer.send_to(&other, hello("T")).await.expect_err("no such broker");
    assert!(matches!(error, SendError::UnknownQueue { .. }), "{error:?}");
    assert!(cluster.received().is_empty());
}

#[tokio::test(start_paused = true)]
async fn bad_messages_are_refused_before_they_are_sent() {
    let cluster = Cluster::new(&["a"]);
    cluster.set("T", &[("a", 1)]);
    let producer = cluster.producer();
    let long = "x".repeat(128);
    for topic in ["", "a b", "é", "a/b", &long] {
        let error = producer.send(hello(topic)).await.expect_err("a bad name");
        assert!(matches!(error, SendError::InvalidName { kind: "topic", .. }), "{error:?}");
    }
    let long = "x".repeat(256);
    for group in ["", "a b", &long] {
        let error = producer.clone().group(group).send(hello("T")).await.expect_err("a bad name");
        assert!(matches!(error, SendError::InvalidName { kind: "group", .. }), "{error:?}");
    }
    let error = producer.send(Message::new("T", "")).await.expect_err("empty");
    assert!(matches!(error, SendError::EmptyBody), "{error:?}");
    let most = 4 << 20;
    producer.send(Message::new("T", vec![0; most])).await.expect("it fits");
    let error = producer.send(Message::new("T", vec![0; most + 1])).await.expect_err("too long");
    assert!(matches!(error, SendError::BodyTooLong { .. }), "{error:?}");
    let error = producer.send(hello("T").tag(&"x".repeat(32767))).await.expect_err("too long");
    assert!(matches!(error, SendError::Encode(_)), "{error:?}");
    for batch in [
        vec![],
        vec![hello("T"), hello("U")],
        vec![hello("T").delay_level(1)],
        vec![hello("%RETRY%g")],
    ] {
        let error = producer.send_batch(batch).await.expect_err("not a batch");
        assert!(matches!(error, SendError::InvalidBatch(_)), "{error:?}");
    }
    let halves = [0, 1].map(|_| Message::new("T", vec![0; most / 2]));
    let error = producer.send_batch(halves).await.expect_err("too long");
    assert!(matches!(error, SendError::BodyTooLong { .. }), "{error:?}");
    assert_eq!(cluster.received().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn messages_go_to_the_queue_that_was_named() {
    let cluster = Cluster::new(&["a", "b"]);
    cluster.set("T", &[("a", 4), ("b", 4)]);
    let producer = cluster.producer();
    let queue = MessageQueue { broker_name: "b".into(), queue_id: 3, topic: "T".into() };
    for _ in 0..3 {
        let sent = producer.send_to(&queue, hello("T")).await.expect("stored");
        assert_eq!(sent.queue, queue);
    }
    assert_eq!(cluster.places(), [("b", 3); 3]);
    cluster.answer("b", &[Answer::Code(ResponseCode::SYSTEM_BUSY)]);
    let error = producer.send_to(&queue, hello("T")).await.expect_err("once");
    assert_eq!(error.to_string(), "the broker b refused the message: SYSTEM_BUSY: no");
    assert_eq!(cluster.places(), [("b", 3)]);
    let error = producer.send_to(&queue, hello("U")).await.expect_err("another topic");
    assert!(matches!(error, SendError::UnknownQueue { .. }), "{error:?}");
}

#[tokio::test(start_paused = true)]
async fn a_oneway_message_goes_to_a_broker_that_can_be_reached() {
    let cluster = Cluster::new(&["a", "b"]);
    cluster.set("T", &[("a", 1), ("b", 1)]);
    cluster.net.kill("a:10911").await;
    let producer = cluster.producer();
    for _ in 0..2 {
        producer.send_oneway(hello("T")).await.expect("written");
    }
    until(|| cluster.count() == 2).await;
    let received = cluster.received();
    assert!(received.iter().all(|sent| sent.broker == "b" && sent.is_oneway));
}

#[tokio::test(start_paused = true)]
async fn a_batch_is_one_request() {
    let cluster = Cluster::new(&["a"]);
    cluster.set("T", &[("a", 1)]);
    let batch = ["one", "two"].map(|body| Message::new("T", body).tag(body));
    let sent = cluster.producer().send_batch(batch).await.expect("stored");
    let received = cluster.received();
    let [request] = &received[..] else { panic!("sent once: {received:?}") };
    assert_eq!(request.code, RequestCode::SEND_BATCH_MESSAGE);
    let parts: Vec<_> =
        BatchedMessage::decode_all(&request.body).collect::<Result<_, _>>().expect("whole");
    assert_eq!(parts.iter().map(|part| part.body).collect::<Vec<_>>(), [b"one", b"two"]);
    let ids = parts.iter().map(|part| part.properties.get(property::UNIQ_KEY).expect("an id"));
    assert_eq!(sent.msg_id, ids.collect::<Vec<_>>().join(","));
    assert!(!request.unique_id.is_empty() && !sent.msg_id.contains(&request.unique_id));
}
