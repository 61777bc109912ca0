//! The console: its API and its guard, over HTTP.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "test code")]

#[path = "console/http.rs"]
mod http;
#[path = "support/mod.rs"]
#[allow(dead_code, reason = "tests/end_to_end uses all of it")]
mod support;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{Answer, Http};
use rocketmq_tower::message::Message;
use rocketmq_tower::protocol::{
    ConsumerData, HeartbeatData, ProducerData, SubscriptionData, json as java_json,
};
use rocketmq_tower::{RemotingCommand, RequestCode};
use rocketmq_tower_broker::Broker;
use rocketmq_tower_broker::testing::TestBroker;
use serde_json::{Value, json};
use support::peer::Peer;
use support::requests::request;
use support::soon;

/// Starts a broker with a console on a free port of the loopback device.
async fn start() -> (TestBroker, Http) {
    start_with("127.0.0.1:0", None).await
}

async fn start_with(addr: &str, password: Option<&str>) -> (TestBroker, Http) {
    let mut builder = Broker::builder().console(addr).console_host("mq.example");
    if let Some(password) = password {
        builder = builder.console_password(password);
    }
    let broker = soon(TestBroker::start_with(builder)).await.unwrap();
    let addr = broker.console_addr().unwrap();
    (broker, Http::new(addr.port()))
}

async fn peer(broker: &TestBroker) -> Peer {
    Peer::connect(&broker.broker_addr().to_string()).await
}

/// Returns one member of each item of a page.
fn column<'a>(page: &'a Value, name: &str) -> Vec<&'a Value> {
    page["items"].as_array().unwrap().iter().map(|item| &item[name]).collect()
}

#[tokio::test]
async fn the_page_and_its_files_are_served_and_cannot_run_other_scripts() {
    let (_broker, http) = start().await;
    let page = http.get("/").await;
    assert_eq!((page.status, page.header("content-type")), (200, Some("text/html; charset=utf-8")));
    let scripts = http.scripts().await;
    assert_eq!(scripts.len(), 8, "{:?}", scripts.keys());
    for answer in [page, http.get("/api/v1/overview").await, http.get("/no/such/path").await] {
        let policy = answer.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'self'"), "{policy}");
        assert!(
            policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe"),
            "{policy}"
        );
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(answer.header("referrer-policy"), Some("no-referrer"));
    }
}

#[tokio::test]
async fn the_overview_has_the_state_and_samples() {
    let (broker, http) = start().await;
    broker.send(Message::new("T", "hello")).await.unwrap();
    let mut state = http.ok("/api/v1/overview").await;
    broker
        .wait_until(async || {
            state = http.ok("/api/v1/overview").await;
            !state["samples"].as_array().unwrap().is_empty()
        })
        .await
        .unwrap();
    assert_eq!((&state["broker"], &state["read_only"]), (&json!("broker-a"), &json!(false)));
    assert_eq!((&state["now"]["messages_in"], &state["disk"]), (&json!(1), &Value::Null));
    assert!(state["now"]["stored_bytes"].as_u64().unwrap() > 100, "{state}");
    let later = format!("/api/v1/overview?since={}", i64::MAX);
    assert_eq!(http.ok(&later).await["samples"], json!([]));
    let settings = http.ok("/api/v1/settings").await;
    assert!(column(&settings, "name").contains(&&json!("fileReservedTime")), "{settings}");
}

#[tokio::test]
async fn topics_are_created_listed_page_by_page_and_deleted() {
    let (_broker, http) = start().await;
    for n in 0..5 {
        let topic = json!({ "name": format!("Orders-{n}"), "queues": 3, "attributes": { "message.type": "FIFO" } });
        assert_eq!(http.post("/api/v1/topics", &topic).await.status, 200);
    }
    let (mut names, mut after) = (Vec::new(), String::new());
    loop {
        let path = format!("/api/v1/topics?prefix=Orders&page_size=2{after}");
        let page = http.ok(&path).await;
        let of_page = column(&page, "name");
        assert!(of_page.len() <= 2);
        names.extend(of_page.into_iter().map(|name| name.as_str().unwrap().to_owned()));
        let Some(next) = page["next"].as_str() else { break };
        after = format!("&after={next}");
    }
    assert_eq!(names, ["Orders-0", "Orders-1", "Orders-2", "Orders-3", "Orders-4"]);
    let topic = http.ok("/api/v1/topics/Orders-0?page_size=2").await;
    assert_eq!(
        (&topic["attributes"]["message.type"], &topic["next"]),
        (&json!("FIFO"), &json!("1"))
    );
    let rest = http.ok("/api/v1/topics/Orders-0?after=1").await;
    assert_eq!((column(&rest, "queue"), &rest["next"]), (vec![&json!(2)], &Value::Null));

    let again = json!({ "name": "Orders-0", "queues": 9 });
    http.post("/api/v1/topics", &again).await.refused(409, "already");
    let bad = json!({ "name": "a b", "queues": 1 });
    http.post("/api/v1/topics", &bad).await.refused(400, "a topic's name");
    let wide = json!({ "name": "Wide", "queues": 5_000_000_000_u64 });
    http.post("/api/v1/topics", &wide).await.refused(400, "expected u32");
    assert_eq!(http.delete("/api/v1/topics/Orders-0").await.status, 200);
    http.get("/api/v1/topics/Orders-0").await.refused(404, "there is no topic Orders-0");
    http.delete("/api/v1/topics/Orders-0").await.refused(404, "there is no topic Orders-0");
    http.delete("/api/v1/topics/TBW102").await.refused(404, "no topic");
    http.delete("/api/v1/topics/SCHEDULE_TOPIC_XXXX").await.refused(400, "system topic");
}

#[tokio::test]
async fn topics_are_found_by_a_part_of_the_name_and_by_kind() {
    let (broker, http) = start().await;
    for name in ["Orders", "Payments", "%DLQ%g"] {
        let topic = json!({ "name": name, "queues": 1 });
        assert_eq!(http.post("/api/v1/topics", &topic).await.status, 200, "{name}");
    }
    broker.send(Message::new("Payments", "x")).await.unwrap();
    let names = async |query: &str| {
        let page = http.ok(&format!("/api/v1/topics?{query}")).await;
        column(&page, "name").into_iter().map(|name| name.as_str().unwrap().to_owned()).collect()
    };
    let found: [Vec<String>; 5] = [
        names("contains=DERS").await,
        names("kind=application").await,
        names("kind=dead_letters").await,
        names("kind=system&prefix=TBW&contains=scheduled").await,
        names("busiest=true&page_size=1").await,
    ];
    assert_eq!(found[0], ["Orders"]);
    assert_eq!(found[1], ["Orders", "Payments"]);
    assert_eq!(found[2], ["%DLQ%g"]);
    assert!(found[3].is_empty());
    assert_eq!(found[4], ["Payments"], "of the same rate, the one with most messages");
    http.get("/api/v1/topics?kind=other").await.refused(400, "kind");
}

#[tokio::test]
async fn a_topic_is_changed() {
    let (_broker, http) = start().await;
    let new = json!({ "name": "T", "queues": 2, "attributes": { "message.type": "FIFO" } });
    http.post("/api/v1/topics", &new).await;
    let path = "/api/v1/topics/T";
    let patch = async |change: Value| http.send("PATCH", path, Some(&change.to_string())).await;
    let change = json!({
        "queues": 3, "write": false, "order": true,
        "attributes": { "message.type": null, "reserve.time": "60000", "priority": null },
    });
    assert_eq!(patch(change).await.status, 200);
    let topic = http.ok(path).await;
    assert_eq!((&topic["read_queues"], &topic["write_queues"]), (&json!(3), &json!(3)));
    assert_eq!(topic["perm"], json!({ "read": true, "write": false }));
    assert_eq!(topic["order"], json!(true));
    assert_eq!(topic["attributes"], json!({ "reserve.time": "60000" }));
    assert_eq!(patch(json!({ "write": true })).await.status, 200);
    let topic = http.ok(path).await;
    assert_eq!((&topic["perm"]["write"], &topic["order"]), (&json!(true), &json!(true)));
    patch(json!({ "queues": 0 })).await.refused(400, "1 to");
    patch(json!({ "attributes": { "colour": "red" } })).await.refused(400, "unsupported key");
    let bad = json!({ "name": "U", "queues": 1, "attributes": { "message.type": "x" } });
    http.post("/api/v1/topics", &bad).await.refused(400, "value is not in set");
    let missing = http.send("PATCH", "/api/v1/topics/U", Some("{}")).await;
    missing.refused(404, "no topic U");
    let own = http.send("PATCH", "/api/v1/topics/SCHEDULE_TOPIC_XXXX", Some("{}")).await;
    own.refused(403, "the broker's own topic");
}

#[tokio::test]
async fn the_newest_messages_of_all_queues_come_first() {
    let (_broker, http) = start().await;
    http.post("/api/v1/topics", &json!({ "name": "T", "queues": 3 })).await;
    for queue in [0, 2, 1, 2, 0] {
        http.post("/api/v1/messages", &json!({ "topic": "T", "queue": queue, "body": "x" })).await;
    }
    let page = http.ok("/api/v1/messages?topic=T&newest=true").await;
    let places: Vec<_> = column(&page, "queue").into_iter().zip(column(&page, "offset")).collect();
    let expected = [(0, 1), (2, 1), (1, 0), (2, 0), (0, 0)].map(|(q, o)| (json!(q), json!(o)));
    assert!(places.iter().copied().eq(expected.iter().map(|(q, o)| (q, o))), "{places:?}");
    let few = http.ok("/api/v1/messages?topic=T&newest=true&page_size=2").await;
    assert_eq!((column(&few, "queue"), &few["next"]), (vec![&json!(0), &json!(2)], &Value::Null));
    let one = http.ok("/api/v1/messages?topic=T&newest=true&queue=2").await;
    assert_eq!(column(&one, "offset"), [&json!(1), &json!(0)]);
}

#[tokio::test]
async fn messages_are_browsed_and_found_and_their_bodies_are_base64() {
    let (_broker, http) = start().await;
    let topic = json!({ "name": "T", "queues": 2 });
    http.post("/api/v1/topics", &topic).await;
    let body = "<script>alert(1)</script>";
    let mut sent = Vec::new();
    for n in 0..5 {
        let message = json!({
            "topic": "T", "queue": 1, "tag": format!("t{n}"), "keys": format!("k{n} both"),
            "properties": { "color": "<b>red</b>" }, "body": body,
        });
        let answer = http.post("/api/v1/messages", &message).await;
        assert_eq!((answer.status, &answer.json()["offset"]), (200, &json!(n)));
        sent.push(answer.json()["id"].as_str().unwrap().to_owned());
    }
    let first = http.get("/api/v1/messages?topic=T&queue=1&page_size=3").await;
    assert!(!first.text().contains("alert"), "{}", first.text());
    let first = first.json();
    assert_eq!((column(&first, "offset").len(), &first["next"]), (3, &json!("2")));
    let rest = http.ok("/api/v1/messages?topic=T&queue=1&after=2").await;
    assert_eq!(
        (column(&rest, "offset"), &rest["next"]),
        (vec![&json!(3), &json!(4)], &Value::Null)
    );
    let from = http.ok("/api/v1/messages?topic=T&queue=1&offset=4").await;
    assert_eq!(column(&from, "offset"), [&json!(4)]);
    for end in ["offset=5", &format!("offset={}", i64::MAX), &format!("after={}", i64::MAX)] {
        let none = http.ok(&format!("/api/v1/messages?topic=T&queue=1&{end}")).await;
        assert_eq!((&none["items"], &none["next"]), (&json!([]), &Value::Null), "{end}");
    }
    let time = format!("/api/v1/messages?topic=T&queue=1&time={}", i64::MAX);
    assert_eq!(http.ok(&time).await["items"], json!([]));
    assert_eq!(column(&http.ok("/api/v1/messages?topic=T&queue=1&time=0").await, "tag").len(), 5);

    let by_key = http.ok("/api/v1/messages?topic=T&key=k3").await;
    assert_eq!(column(&by_key, "id"), [&json!(sent[3])]);
    assert_eq!(column(&http.ok("/api/v1/messages?topic=T&key=both").await, "id").len(), 5);
    assert_eq!(column(&http.ok("/api/v1/messages?topic=T&tag=t2").await, "offset"), [&json!(2)]);
    assert_eq!(http.ok("/api/v1/messages?topic=T&key=none").await["items"], json!([]));

    let message = http.ok(&format!("/api/v1/messages/{}", sent[0])).await;
    let text = STANDARD.decode(message["body_base64"].as_str().unwrap()).unwrap();
    assert_eq!(text, body.as_bytes());
    assert_eq!(message["properties"]["color"], json!("<b>red</b>"));
    assert_eq!((&message["body_cut"], &message["body_bytes"]), (&json!(false), &json!(body.len())));

    http.get("/api/v1/messages?topic=T&queue=2").await.refused(404, "no queue 2");
    http.get("/api/v1/messages?topic=U").await.refused(404, "no topic U");
    http.get("/api/v1/messages").await.refused(400, "topic");
    http.get("/api/v1/messages?topic=T&key=a&tag=b").await.refused(400, "either");
    http.get("/api/v1/messages/xyz").await.refused(400, "hex digits");
    let nowhere = format!("{}{:016X}", &sent[0][..16], i64::MAX);
    http.get(&format!("/api/v1/messages/{nowhere}")).await.refused(404, "no message");
    let missing = json!({ "topic": "U", "body": "x" });
    http.post("/api/v1/messages", &missing).await.refused(404, "no topic U");
    for (name, value) in [("a\u{1}b", "x"), ("a", "x\u{2}"), ("", "x"), ("TRAN_MSG", "true")] {
        let message = json!({ "topic": "T", "properties": { name: value } });
        assert_eq!(http.post("/api/v1/messages", &message).await.status, 400, "{name:?}");
    }
    let long = json!({ "topic": "T", "body": "x".repeat(600_000) });
    http.post("/api/v1/messages", &long).await.refused(413, "at most 524288 bytes");
}

#[tokio::test]
async fn a_long_body_is_cut_in_a_list_and_whole_on_its_own() {
    let (_broker, http) = start().await;
    http.post("/api/v1/topics", &json!({ "name": "T", "queues": 1 })).await;
    let bytes: Vec<u8> = (0..100_000_u32).map(|n| n as u8).collect();
    let message = json!({ "topic": "T", "body_base64": STANDARD.encode(&bytes) });
    http.post("/api/v1/messages", &message).await;
    let list = http.ok("/api/v1/messages?topic=T").await;
    let item = &list["items"][0];
    assert_eq!((&item["body_cut"], &item["body_bytes"]), (&json!(true), &json!(100_000)));
    assert!(item["body_base64"].as_str().unwrap().len() < 6000);
    let path = format!("/api/v1/messages/{}", item["id"].as_str().unwrap());
    let whole = http.ok(&path).await;
    assert_eq!(STANDARD.decode(whole["body_base64"].as_str().unwrap()).unwrap(), bytes);
}

/// Lets a client produce for `p`, and consume T as `g`.
async fn beat(client: &Peer) {
    let subscription =
        SubscriptionData { topic: "T".into(), sub_string: "*".into(), ..Default::default() };
    let consumer = ConsumerData {
        group_name: "g".into(),
        subscription_data_set: vec![subscription],
        ..Default::default()
    };
    let beat = HeartbeatData {
        client_id: "client-1".into(),
        producer_data_set: vec![ProducerData { group_name: "p".into() }],
        consumer_data_set: vec![consumer],
        ..Default::default()
    };
    let body = java_json::to_bytes(&beat).unwrap();
    client.get(RemotingCommand::request(RequestCode::HEART_BEAT).with_body(body)).await;
}

#[tokio::test]
async fn groups_have_members_and_lag_and_are_reset() {
    let (broker, http) = start().await;
    http.post("/api/v1/topics", &json!({ "name": "T", "queues": 3 })).await;
    let client = peer(&broker).await;
    for queue in [0, 0, 1] {
        client.send("T", queue, "x").await;
    }
    beat(&client).await;
    let commit = [("consumerGroup", "g"), ("topic", "T"), ("queueId", "0"), ("commitOffset", "2")];
    client.get(request(RequestCode::UPDATE_CONSUMER_OFFSET, &commit)).await;

    let list = http.ok("/api/v1/groups?prefix=g&contains=G").await;
    let expected = json!({
        "name": "g", "kind": "application", "members": 1, "lag": 1, "dead_letters": 0,
    });
    assert_eq!(list["items"], json!([expected]));
    let others = http.ok("/api/v1/groups?kind=system&prefix=TOOLS").await;
    assert_eq!(column(&others, "name"), [&json!("TOOLS_CONSUMER")]);
    assert_eq!(column(&http.ok("/api/v1/groups?kind=application").await, "name"), [&json!("g")]);
    let of_topic = http.ok("/api/v1/topics/T/groups").await;
    assert_eq!(of_topic["items"], json!([{ "group": "g", "lag": 1, "members": 1 }]));
    let members = http.ok("/api/v1/groups/g/members?page_size=1").await;
    assert_eq!(
        (column(&members, "id"), &members["next"]),
        (vec![&json!("client-1")], &Value::Null)
    );
    let group = http.ok("/api/v1/groups/g").await;
    assert_eq!(group["member_count"], json!(1));
    let topics = &group["items"];
    let of_topic = topics.as_array().unwrap().iter().find(|item| item["topic"] == "T").unwrap();
    assert_eq!(*of_topic, json!({ "topic": "T", "lag": 1, "subscription": "*" }));
    let lag = http.ok("/api/v1/groups/g/lag?topic=T&page_size=2").await;
    assert_eq!((column(&lag, "lag"), &lag["next"]), (vec![&json!(0), &json!(1)], &json!("1")));
    assert_eq!((&lag["items"][0]["offset"], &lag["items"][1]["offset"]), (&json!(2), &Value::Null));
    let rest = http.ok("/api/v1/groups/g/lag?topic=T&after=1").await;
    assert_eq!(column(&rest, "queue"), [&json!(2)]);

    let found = http.ok("/api/v1/messages?topic=T&queue=0").await;
    let track = |at: usize| {
        let path = format!("/api/v1/messages/{}/track", found["items"][at]["id"].as_str().unwrap());
        async { http.ok(&{ path }).await }
    };
    let expected = json!([{ "group": "g", "offset": 2, "consumed": true, "online": true }]);
    assert_eq!(track(1).await["items"], expected);

    let path = "/api/v1/groups/g/reset";
    let to_offset = http.post(path, &json!({ "topic": "T", "queue": 0, "offset": 1 })).await;
    assert_eq!(to_offset.json()["items"], json!([{ "queue": 0, "offset": 1 }]));
    assert_eq!(track(1).await["items"][0]["consumed"], json!(false));
    let to_end = http.post(path, &json!({ "topic": "T", "time": -1 })).await;
    assert_eq!(column(&to_end.json(), "offset"), [&json!(2), &json!(1), &json!(0)]);
    let to_start = http.post(path, &json!({ "topic": "T", "time": 0 })).await;
    assert_eq!(column(&to_start.json(), "offset"), [&json!(0); 3]);
    for bad in [
        json!({ "topic": "T" }),
        json!({ "topic": "T", "offset": 1 }),
        json!({ "topic": "T", "queue": 0, "offset": 1, "time": 1 }),
        json!({ "topic": "T", "time": -2 }),
        json!({ "topic": "T", "queue": -1, "offset": 0 }),
    ] {
        http.post(path, &bad).await.refused(400, "either a queue");
    }
    let beyond = json!({ "topic": "T", "queue": 0, "offset": 99 });
    http.post(path, &beyond).await.refused(422, "not in consume queue range");
    http.post(path, &json!({ "topic": "U", "time": 0 })).await.refused(404, "U does not exist");
    let none = "/api/v1/groups/none/reset";
    http.post(none, &json!({ "topic": "T", "time": 0 })).await.refused(404, "none does not exist");
    http.get("/api/v1/groups/none").await.refused(404, "there is no group none");

    for path in ["/api/v1/groups/none/members", "/api/v1/topics/U/groups"] {
        http.get(path).await.refused(404, "no");
    }

    let connections = http.ok("/api/v1/connections").await;
    let clients = json!([{ "id": "client-1", "produces": ["p"], "consumes": ["g"] }]);
    assert!(column(&connections, "clients").contains(&&clients), "{connections}");
    let one = http.ok("/api/v1/connections?page_size=1").await;
    assert_eq!(column(&one, "id").len(), 1);
    http.get("/api/v1/connections?after=x").await.refused(400, "the number of a connection");
}

#[tokio::test]
async fn a_group_is_deleted_with_its_offsets() {
    let (broker, http) = start().await;
    http.post("/api/v1/topics", &json!({ "name": "T", "queues": 1 })).await;
    let client = peer(&broker).await;
    client.send("T", 0, "x").await;
    beat(&client).await;
    let leave = [("clientID", "client-1"), ("consumerGroup", "g")];
    client.get(request(RequestCode::UNREGISTER_CLIENT, &leave)).await;
    let commit = [("consumerGroup", "g"), ("topic", "T"), ("queueId", "0"), ("commitOffset", "1")];
    client.get(request(RequestCode::UPDATE_CONSUMER_OFFSET, &commit)).await;
    assert_eq!(http.ok("/api/v1/topics/T/groups").await["items"][0]["group"], json!("g"));
    assert_eq!(http.delete("/api/v1/groups/g").await.status, 200);
    assert_eq!(http.ok("/api/v1/topics/T/groups").await["items"], json!([]));
    http.get("/api/v1/groups/g").await.refused(404, "there is no group g");
    http.delete("/api/v1/groups/g").await.refused(404, "there is no group g");
}

#[tokio::test]
async fn a_dead_letter_is_sent_again() {
    let (broker, http) = start().await;
    http.post("/api/v1/topics", &json!({ "name": "T", "queues": 1 })).await;
    let client = peer(&broker).await;
    let sent = client.send("T", 0, "failed").await;
    let offset = sent.commit_log_offset().to_string();
    let fields = [("group", "g"), ("offset", &*offset), ("delayLevel", "-1"), ("originTopic", "T")];
    client.get(request(RequestCode::CONSUMER_SEND_MSG_BACK, &fields)).await;
    let group = http.ok("/api/v1/groups/g").await;
    assert_eq!(group["dead_letters"], json!({ "topic": "%DLQ%g", "messages": 1 }));
    let dead = http.ok("/api/v1/messages?topic=%25DLQ%25g").await;
    let path = format!("/api/v1/messages/{}/resend", dead["items"][0]["id"].as_str().unwrap());
    let again = http.post(&path, &json!({})).await;
    assert_eq!((again.status, &again.json()["offset"]), (200, &json!(1)), "{}", again.text());
    let all = broker.messages("T").await.unwrap();
    assert_eq!((all.len(), all[1].body()), (2, &b"failed"[..]));
    assert_eq!(all[1].property("DLQ_ORIGIN_TOPIC"), None);
    let first = http.ok("/api/v1/messages?topic=T").await;
    let path = format!("/api/v1/messages/{}/resend", first["items"][0]["id"].as_str().unwrap());
    http.post(&path, &json!({})).await.refused(400, "only a dead letter");
}

#[tokio::test]
async fn other_names_and_other_sites_are_refused() {
    let (_broker, http) = start().await;
    let path = "/api/v1/topics";
    for host in ["evil.example", "127.0.0.1.evil.example", "10.0.0.1", ""] {
        let answer = http.with(&[("Host", host)]).get(path).await;
        answer.refused(421, "not one of the console");
        assert_eq!(http.with(&[("Host", host)]).get("/").await.status, 421, "{host}");
    }
    assert_eq!(http.with(&[("Host", "mq.example:99")]).get(path).await.status, 200);
    let new = json!({ "name": "New", "queues": 1 });
    for origin in ["http://evil.example", "null", "http://localhost:1"] {
        http.with(&[("Origin", origin)]).post(path, &new).await.refused(403, "another origin");
    }
    let site = http.with(&[("Sec-Fetch-Site", "cross-site")]);
    site.post(path, &new).await.refused(403, "another site");
    site.delete("/api/v1/topics/T").await.refused(403, "another site");
    let form = http.with(&[("Content-Type", "text/plain")]).post(path, &new).await;
    form.refused(415, "application/json");
    http.get("/api/v1/topics/New").await.refused(404, "no topic");
    let own = format!("http://{}", http.host());
    assert_eq!(http.with(&[("Origin", &own)]).post(path, &new).await.status, 200);
    let put = http.send("PUT", path, Some("{}")).await;
    put.refused(405, "this method");
}

#[tokio::test]
async fn a_password_is_asked_for() {
    let (_broker, http) = start_with("0.0.0.0:0", Some("open sesame")).await;
    let new = json!({ "name": "New", "queues": 1 });
    let basic = |text: &str| format!("Basic {}", STANDARD.encode(text));
    for path in ["/", "/js/main.js", "/api/v1/overview"] {
        let answer = http.get(path).await;
        assert!(answer.header("www-authenticate").unwrap().starts_with("Basic"));
        answer.refused(401, "has a password");
    }
    let wrong = basic("admin:wrong");
    let wrong = http.with(&[("Authorization", &wrong)]);
    wrong.post("/api/v1/topics", &new).await.refused(401, "wrong");
    let right = basic("admin:open sesame");
    let right = http.with(&[("Authorization", &right)]);
    assert_eq!(right.ok("/api/v1/overview").await["read_only"], json!(false));
    assert_eq!(right.post("/api/v1/topics", &new).await.status, 200);
}

#[tokio::test]
async fn it_is_read_only_for_other_machines_without_a_password() {
    let (_broker, http) = start_with("0.0.0.0:0", None).await;
    assert_eq!(http.ok("/api/v1/overview").await["read_only"], json!(true));
    let new = json!({ "name": "New", "queues": 1 });
    http.post("/api/v1/topics", &new).await.refused(403, "read-only");
    http.delete("/api/v1/topics/T").await.refused(403, "read-only");
}

#[tokio::test]
async fn what_is_no_http_or_too_long_does_not_hurt() {
    let (_broker, http) = start().await;
    for bytes in
        ["\0\u{1}\u{2}\r\n\r\n".to_owned(), format!("GET /{} HTTP/1.1\r\n\r\n", "x".repeat(99_999))]
    {
        let answer: Option<Answer> = http.raw(bytes.as_bytes()).await;
        assert!(answer.is_none_or(|answer| (400..500).contains(&answer.status)));
    }
    http.get("/api/v1/topics/%FF").await.refused(400, "");
    http.get("/api/v1/topics?page_size=x").await.refused(400, "page_size");
    http.send("POST", "/api/v1/topics", Some("{")).await.refused(400, "EOF");
    assert_eq!(http.get("/api/v1/overview").await.status, 200);
}

#[tokio::test]
async fn a_shutdown_ends_it() {
    let (broker, http) = start().await;
    let _connected = http.connect().await;
    http.ok("/api/v1/overview").await;
    soon(broker.shutdown()).await.unwrap();
    assert!(http.try_connect().await.is_err());
}
