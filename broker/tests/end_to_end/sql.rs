//! Messages that are filtered by SQL92.

use crate::heartbeats::{beat, consumer, heartbeat};
use crate::support::folder::Folder;
use crate::support::peer::{Peer, bodies};
use crate::support::requests::{Pull, bounds};
use crate::support::running::Running;
use rocketmq_tower::protocol::{
    CheckClientRequestBody, ConsumerData, HeartbeatData, SubscriptionData,
};
use rocketmq_tower::{RemotingCommand, RequestCode, ResponseCode};
use rocketmq_tower_broker::Broker;
use tokio_test::{assert_pending, task};

async fn start() -> (Running, Peer) {
    let running = Running::start(Broker::builder().topic("T", 1)).await;
    let client = running.client().await;
    (running, client)
}

/// Sends messages with their places as bodies, and in the property `n`. All have the same tag.
async fn send(client: &Peer, count: usize) {
    for n in 0..count {
        let n = n.to_string();
        client.send_with("T", 0, &[("TAGS", "t"), ("n", &n), ("text", "it's")], &n).await;
    }
}

/// A subscription to `T`.
fn subscription(expression: &str, version: i64) -> SubscriptionData {
    SubscriptionData {
        topic: "T".into(),
        expression_type: "SQL92".into(),
        sub_string: expression.into(),
        sub_version: version,
        ..Default::default()
    }
}

fn group(subscriptions: &[SubscriptionData]) -> ConsumerData {
    ConsumerData { subscription_data_set: subscriptions.to_vec(), ..consumer("g", &[]) }
}

#[tokio::test]
async fn a_pull_finds_the_messages_whose_properties_match() {
    let (running, client) = start().await;
    send(&client, 6).await;
    let long = format!("n IN ('0', '2') {}", "OR n = 4 ".repeat(100));
    let cases: [(&str, &[&str]); 8] = [
        ("n > 3", &["4", "5"]),
        ("n BETWEEN 1 AND 2 AND TAGS = 't'", &["1", "2"]),
        ("n = 0 OR text = 'its' OR n NOT IN ('0','1','2','3')", &["0", "4", "5"]),
        ("text CONTAINS 't''s' AND nothing IS NULL AND n <> 3", &["0", "1", "2", "4", "5"]),
        ("UNIQ_KEY IS NOT NULL AND MSG_REGION = 'DefaultRegion' AND n=5", &["5"]),
        // These fail, or are null, for all messages.
        ("n > text", &[]),
        ("NOT (nothing = 1)", &[]),
        (&long, &["0", "2", "4"]),
    ];
    for (expression, expected) in cases {
        let response = client.pull(&Pull::new("T", 0).of_sql(expression)).await;
        let code = match expected {
            [] => ResponseCode::PULL_RETRY_IMMEDIATELY,
            _ => ResponseCode::SUCCESS,
        };
        assert_eq!(response.response_code(), code, "{expression}");
        assert_eq!(bodies(&response), expected, "{expression}");
        assert_eq!(bounds(&response), (6, 0, 6));
    }
    let tag = client.pull(&Pull::new("T", 0).of_tags("n > 3")).await;
    assert_eq!(tag.response_code(), ResponseCode::PULL_RETRY_IMMEDIATELY, "not a tag");

    let lite = Pull::new("T", 0).of_sql("n = 3").0;
    let lite = RemotingCommand::request(RequestCode::LITE_PULL_MESSAGE).with_header(&lite).unwrap();
    assert_eq!(bodies(&client.get(lite).await), ["3"]);
    running.end().await;
}

#[tokio::test]
async fn a_pull_gets_at_most_what_it_asks_for() {
    let (running, client) = start().await;
    send(&client, 8).await;
    let even = Pull::new("T", 0).of_sql("n IN ('2', '4', '6')");
    for (at, most, expected, next) in [
        (0, 1, &["2"][..], 3),
        (0, 2, &["2", "4"], 5),
        (3, 0, &["4"], 5),
        (0, 4, &["2", "4", "6"], 8),
    ] {
        let response = client.pull(&even.clone().at(at).at_most(most)).await;
        assert_eq!(bodies(&response), expected);
        assert_eq!(bounds(&response), (next, 0, 8));
    }
    let size = client.pull(&even.clone().at_most(1)).await.body().len() as i32;
    for (bytes, expected, next) in
        [(1, &["2"][..], 4), (2 * size, &["2", "4"], 6), (2 * size - 1, &["2"], 4)]
    {
        let mut pull = even.clone();
        pull.0.max_msg_bytes = Some(bytes);
        let response = client.pull(&pull).await;
        assert_eq!(bodies(&response), expected);
        assert_eq!(bounds(&response), (next, 0, 8));
    }
    running.end().await;
}

#[tokio::test]
async fn large_messages_are_filtered_and_a_pull_looks_at_some_of_them_at_a_time() {
    let folder = Folder::new();
    let running = Running::start(Broker::builder().topic("T", 1).data_dir(folder.path())).await;
    let client = running.client().await;
    for n in 0..12 {
        let size = [300_000, 1, 600_000][n % 3];
        client.send_with("T", 0, &[("n", &n.to_string())], &"x".repeat(size)).await;
    }
    let found = async |client: &Peer| {
        let (mut at, mut sizes, mut pulls) = (0, Vec::new(), 0);
        while at < 12 {
            let response =
                client.pull(&Pull::new("T", 0).of_sql("n IN ('5', '9', '10')").at(at)).await;
            let next = bounds(&response).0;
            assert!(next > at, "{response:?}");
            sizes.extend(bodies(&response).iter().map(String::len));
            (at, pulls) = (next, pulls + 1);
        }
        assert!(pulls > 3, "{pulls}");
        sizes
    };
    assert_eq!(found(&client).await, [600_000, 300_000, 1]);
    running.end().await;

    // What was stored before is read from the disk.
    let running = Running::start(Broker::builder().data_dir(folder.path())).await;
    assert_eq!(found(&running.client().await).await, [600_000, 300_000, 1]);
    running.end().await;
}

#[tokio::test]
async fn a_pull_with_a_long_expression_looks_at_fewer_messages() {
    let (running, client) = start().await;
    let text = "x".repeat(2000);
    for n in 0..100 {
        client.send_with("T", 0, &[("n", &n.to_string()), ("text", &text)], "").await;
    }
    let looked_at = async |expression: &str| {
        let response = client.pull(&Pull::new("T", 0).of_sql(expression)).await;
        assert_eq!(response.response_code(), ResponseCode::PULL_RETRY_IMMEDIATELY);
        bounds(&response).0
    };
    assert_eq!(looked_at("n = 100").await, 100);
    let long = "text = 'y' OR ".repeat(1000) + "n = 100";
    assert!((1..10).contains(&looked_at(&long).await));
    running.end().await;
}

#[tokio::test]
async fn only_a_message_that_matches_ends_the_wait_of_a_pull() {
    let (running, client) = start().await;
    let producer = running.client().await;
    let pull = Pull::new("T", 0).of_sql("n >= 2").waits(30_000);
    let mut pending = task::spawn(client.pull(&pull));
    assert_pending!(pending.poll());
    client.max("T", 0).await;
    for n in ["0", "none", "1"] {
        producer.send_with("T", 0, &[("n", n)], n).await;
    }
    client.max("T", 0).await;
    assert_pending!(pending.poll());
    producer.send_with("T", 0, &[("n", "2")], "2").await;
    let response = pending.await;
    assert_eq!((bodies(&response), bounds(&response)), (vec!["2".into()], (4, 0, 4)));
    running.end().await;
}

#[tokio::test]
async fn a_group_may_subscribe_with_an_expression() {
    let (running, client) = start().await;
    send(&client, 4).await;
    let mut pull = Pull::new("T", 0).subscribed("g", 5);
    pull.0.expression_type = Some("SQL92");
    client.get(heartbeat("client", &[group(&[subscription("n > 2", 5)])], &[])).await;
    assert_eq!(bodies(&client.get(pull.request()).await), ["3"]);

    client.get(heartbeat("client", &[group(&[subscription("n < 1", 6)])], &[])).await;
    assert_eq!(bodies(&client.get(pull.request()).await), ["0"]);
    pull.0.sub_version = 7;
    let refused = client.refusal(pull.request()).await;
    assert_eq!(refused.0, ResponseCode::SUBSCRIPTION_NOT_LATEST, "{}", refused.1);
    running.end().await;
}

/// Unlike tags, clients do not compare properties again.
#[tokio::test]
async fn a_group_whose_expression_is_not_known_gets_nothing() {
    let (running, client) = start().await;
    send(&client, 1).await;
    let again = HeartbeatData {
        client_id: "client".into(),
        consumer_data_set: vec![consumer("g", &[])],
        heartbeat_fingerprint: 77,
        without_sub: true,
        ..Default::default()
    };
    client.get(beat(&again)).await;
    let mut pull = Pull::new("T", 0).subscribed("g", 7);
    pull.0.expression_type = Some("SQL92");
    let refused = client.refusal(pull.request()).await;
    assert_eq!(refused.0, ResponseCode::SUBSCRIPTION_NOT_EXIST, "{}", refused.1);
    running.end().await;
}

#[tokio::test]
async fn an_expression_that_is_wrong_is_refused_wherever_it_is_sent() {
    let (running, client) = start().await;
    send(&client, 1).await;
    let check = |data: SubscriptionData| {
        let body = CheckClientRequestBody { subscription_data: Some(data), ..Default::default() };
        RemotingCommand::request(RequestCode::CHECK_CLIENT_CONFIG).with_json(&body).unwrap()
    };
    let deep = format!("{}n{}", "(".repeat(8000), ")".repeat(8000));
    for (wrong, reason) in [
        ("n > ", "expected a value, found the end, at byte 4"),
        ("*", "'*' has no meaning here, at byte 0"),
        ("", "expected a value"),
        ("n > 'x'", "only properties and numbers"),
        (&deep, "at most 128 levels"),
        (&"n".repeat(16 * 1024 + 1), "at most 16384 bytes"),
    ] {
        let data = subscription(wrong, 1);
        for request in [
            Pull::new("T", 0).of_sql(wrong).request(),
            check(data.clone()),
            heartbeat("client", &[group(&[data])], &[]),
        ] {
            let code = request.request_code();
            let refused = client.refusal(request).await;
            assert_eq!(refused.0, ResponseCode::SUBSCRIPTION_PARSE_FAILED, "{code}: {}", refused.1);
            assert!(refused.1.contains(reason), "{code}: {}", refused.1);
        }
    }
    client.get(check(subscription("n > 1 AND n IS NOT NULL", 1))).await;
    running.end().await;
}
