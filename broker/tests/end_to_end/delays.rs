//! Delayed messages.

use crate::support::peer::{Message, Peer, message};
use crate::support::requests::Pull;
use crate::support::requests::now_ms;
use crate::support::running::Running;
use rocketmq_tower::ResponseCode;
use rocketmq_tower_broker::Broker;

/// Waits until there are `count` messages in the first queue of `T`.
async fn arrived(client: &Peer, count: usize) -> Vec<Message> {
    let mut all = Vec::new();
    while all.len() < count {
        let pull = Pull::new("T", 0).at(all.len() as i64).waits(20_000);
        all.extend(Message::all(&client.get(pull.request()).await));
    }
    all
}

#[tokio::test]
async fn a_message_is_delivered_after_the_delay_of_its_level() {
    let running = Running::start(Broker::builder().topic("T", 2)).await;
    let client = running.client().await;
    let before = now_ms();
    let sent = client.send_with("T", 1, &[("DELAY", "1"), ("TAGS", "a")], "later").await;
    assert_eq!(sent.queue_id, 1);
    assert_eq!(client.max("T", 1).await, 0, "not yet");
    let waiting = &client.all("SCHEDULE_TOPIC_XXXX", 0).await[0];
    assert_eq!(waiting.commit_log_offset, sent.commit_log_offset());

    let response = client.pull(&Pull::new("T", 1).waits(20_000)).await;
    let [delivered] = &Message::all(&response)[..] else { panic!("one message: {response:?}") };
    // The delay begins when the broker receives the message, which is before it is stored.
    let waited = delivered.store_timestamp - before;
    assert!((1000..10_000).contains(&waited), "{waited} ms");
    assert_eq!((delivered.topic.as_str(), delivered.queue_id), ("T", 1));
    assert_eq!((delivered.body.as_str(), delivered.property("TAGS")), ("later", Some("a")));
    for name in ["DELAY", "REAL_TOPIC", "REAL_QID"] {
        assert_eq!(delivered.property(name), None, "{name}");
    }
    running.end().await;
}

#[tokio::test]
async fn messages_with_a_delivery_time_arrive_in_the_order_of_their_times() {
    let running = Running::start(Broker::builder().topic("T", 1)).await;
    let client = running.client().await;
    let at = |ms: i64| (now_ms() + ms).to_string();
    for (name, value, body) in [
        ("TIMER_DELAY_SEC", "1".to_owned(), "third"),
        ("TIMER_DELAY_MS", "700".to_owned(), "second"),
        ("TIMER_DELIVER_MS", at(400), "first"),
        ("TIMER_DELIVER_MS", at(-1), "at once"),
    ] {
        client.send_with("T", 0, &[(name, &value)], body).await;
    }
    assert_eq!(client.max("T", 0).await, 1);
    let all = arrived(&client, 4).await;
    let bodies: Vec<_> = all.iter().map(|message| message.body.as_str()).collect();
    assert_eq!(bodies, ["at once", "first", "second", "third"]);
    running.end().await;
}

#[tokio::test]
async fn each_of_many_messages_is_delivered_once() {
    let running = Running::start(Broker::builder().topic("T", 1)).await;
    let client = running.client().await;
    let due = (now_ms() + 500).to_string();
    // More than one round delivers.
    for n in 0..600 {
        client.send_with("T", 0, &[("TIMER_DELIVER_MS", &due)], &format!("{n:03}")).await;
    }
    let mut bodies: Vec<_> =
        arrived(&client, 600).await.into_iter().map(|message| message.body).collect();
    bodies.sort_unstable();
    assert!(
        bodies
            .iter()
            .map(String::as_str)
            .eq((0..600).map(|n| format!("{n:03}")).collect::<Vec<_>>())
    );
    assert_eq!(client.max("T", 0).await, 600);
    running.end().await;
}

#[tokio::test]
async fn a_delivery_time_that_is_too_far_away_is_refused() {
    let running = Running::start(Broker::builder().topic("T", 1)).await;
    let client = running.client().await;
    let (too_long, smallest) = ((3 * 24 * 3600 * 1000 + 1).to_string(), i64::MIN.to_string());
    for (name, value) in
        [("TIMER_DELAY_MS", too_long.as_str()), ("TIMER_DELAY_SEC", "soon"), ("DELAY", "x")]
    {
        let refused = client.refusal(message("T", 0, &[(name, value)], "")).await;
        assert_eq!(refused.0, ResponseCode::MESSAGE_ILLEGAL, "{}", refused.1);
    }
    assert_eq!(client.max("T", 0).await, 0);
    for (name, value) in
        [("TIMER_DELIVER_MS", smallest.as_str()), ("TIMER_DELAY_MS", "-5"), ("DELAY", "0")]
    {
        client.send_with("T", 0, &[(name, value)], "at once").await;
    }
    assert_eq!(client.max("T", 0).await, 3);
    running.end().await;
}
