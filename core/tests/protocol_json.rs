//! Tests the reader and the writer of JSON bodies.
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

use proptest::prelude::*;
use rocketmq_tower_core::RemotingCommand;
use rocketmq_tower_core::protocol::json::{self, BodyError};
use rocketmq_tower_core::protocol::{HeartbeatData, MessageModel, MessageQueue, TopicRouteData};
use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Body {
    queue_id: i32,
    offset: i64,
    small: Option<u8>,
    order: bool,
    rate: f64,
    name: String,
    model: MessageModel,
    tags: Vec<String>,
    pair: Option<(i32, String)>,
    addrs: BTreeMap<i64, String>,
    inner: Option<Box<Body>>,
}

fn read<T: DeserializeOwned>(text: &str) -> Result<T, BodyError> {
    json::from_slice(text.as_bytes())
}

fn body(text: &str) -> Body {
    read(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn error(text: &str) -> String {
    read::<Body>(text).expect_err(text).to_string()
}

#[test]
fn what_fastjson_and_clients_write_is_read() {
    for text in [
        r#"{"addrs":{"0":"a","-1":"b"},"name":"n"}"#,
        r#"{addrs:{0:"a",-1:"b"},name:"n"}"#,
        "\u{feff} { 'addrs' : { '0' : 'a' , '-1':'b' } , \t\"name\"\r\n:'n' , } \n",
        r#"{"name":"x","addrs":{"0":"a","-1":"c","-1":"b"},"name":"\u006e","unknown":{a:[1,{{}:2}],}}"#,
    ] {
        let read = body(text);
        assert_eq!(read.name, "n", "{text}");
        assert_eq!(read.addrs, BTreeMap::from([(0, "a".into()), (-1, "b".into())]), "{text}");
    }
}

#[test]
fn scalars_of_another_kind_are_read() {
    let read = body(
        r#"{"queueId":"3","offset":"-9223372036854775808","small":" 7 ","order":"TRUE","rate":"0.5",
            "name":1.50,"model":0,"tags":[1,true,"x"]}"#,
    );
    assert_eq!((read.queue_id, read.offset, read.small, read.order), (3, i64::MIN, Some(7), true));
    assert_eq!((read.rate, read.name.as_str()), (0.5, "1.50"));
    assert_eq!(read.model, MessageModel::Broadcasting);
    assert_eq!(read.tags, ["1", "true", "x"]);
    assert!(body(r#"{"order":1}"#).order && !body(r#"{"order":0}"#).order);
    assert_eq!(body(r#"{"model":"NEW_ONE"}"#).model, MessageModel::Unknown);
    assert_eq!(body(r#"{"model":99}"#).model, MessageModel::Unknown);
}

#[test]
fn null_is_absent() {
    assert_eq!(body(r#"{"queueId":null,"name":null,"inner":null,"tags":null}"#), Body::default());
    assert_eq!(body(r#"{"queueId":1,"queueId":null}"#).queue_id, 0, "the last one counts");
    let map: BTreeMap<String, Option<i32>> = read(r#"{"a":null,"b":1}"#).expect("a map");
    assert_eq!(map, BTreeMap::from([("a".into(), None), ("b".into(), Some(1))]));
}

#[test]
fn objects_may_be_names() {
    let queue = |queue_id| MessageQueue { topic: "T".into(), broker_name: "b".into(), queue_id };
    let table = BTreeMap::from([(queue(0), 7_i64), (queue(1), 8)]);
    let text = r#"{{"brokerName":"b","queueId":0,"topic":"T"}:7,{"brokerName":"b","queueId":1,"topic":"T"}:8}"#;
    assert_eq!(read::<BTreeMap<MessageQueue, i64>>(text), Ok(table.clone()));
    assert_eq!(json::to_bytes(&table).expect("json"), text.as_bytes());
    let error = read::<BTreeMap<MessageQueue, i64>>(r#"{{"brokerName":"b","queueId":"x"}:7}"#);
    let error = error.expect_err("no number").to_string();
    assert_eq!(error, "the body's {..}.queueId, at byte 29: expected a 32-bit integer");
}

#[test]
fn errors_name_field_and_position() {
    for (text, expected) in [
        ("", "the body, at byte 0: expected an object"),
        ("[]", "the body, at byte 0: expected an object"),
        ("{} x", "the body, at byte 3: expected the end"),
        (r#"{"queueId":2147483648}"#, "the body's queueId, at byte 11: expected a 32-bit integer"),
        (r#"{"queueId":1.5}"#, "the body's queueId, at byte 11: expected a 32-bit integer"),
        (r#"{"queueId":tru}"#, "the body's queueId, at byte 11: expected a value"),
        (r#"{"small":-1}"#, "the body's small, at byte 9: expected an unsigned 8-bit integer"),
        (r#"{"order":"yes"}"#, "the body's order, at byte 9: expected a boolean"),
        (r#"{"rate":1-2}"#, "the body's rate, at byte 8: expected a number"),
        (
            r#"{"tags":["a",["b"]]}"#,
            "the body's tags[1], at byte 13: expected a string, a number or a boolean, not an object or an array",
        ),
        (
            r#"{"inner":{"addrs":{"zero":"a"}}}"#,
            "the body's inner.addrs.zero, at byte 19: expected a 64-bit integer",
        ),
        (
            r#"{"inner":{"addrs":{"0":{}}}}"#,
            "the body's inner.addrs.0, at byte 23: expected a string, a number or a boolean, not an object or an array",
        ),
        (r#"{"pair":[1,"a",2]}"#, "the body's pair, at byte 15: expected fewer elements"),
        (r#"{"name":"x"#, "the body's name, at byte 10: expected a closing quote"),
        (r#"{"name" "x"}"#, "the body, at byte 8: expected a colon"),
        (r#"{"a":1 "b":2}"#, "the body, at byte 7: expected a comma or a closing bracket"),
        (r#"{,}"#, "the body, at byte 1: expected a name"),
        (r#"{"tags":["#, "the body's tags, at byte 9: expected a value"),
    ] {
        assert_eq!(error(text), expected, "{text}");
    }
    let bad = json::from_slice::<Body>(b"{\"name\":\"\xff\"}").expect_err("not UTF-8");
    assert_eq!((bad.at(), bad.field()), (Some(9), ""));
    let bad = read::<HeartbeatData>(
        r#"{"consumerDataSet":[{"groupName":"g","subscriptionDataSet":[{"subVersion":"x"}]}]}"#,
    );
    assert_eq!(
        bad.expect_err("no number").field(),
        "consumerDataSet[0].subscriptionDataSet[0].subVersion"
    );
    let bad =
        read::<HeartbeatData>(r#"{"consumerDataSet":[{}],"clientID":"c"}"#).expect_err("no group");
    assert_eq!(
        bad.to_string(),
        "the body's consumerDataSet[0].groupName, at byte 20: the field is missing"
    );
    let long = format!(r#"{{"queueId":"{}"}}"#, "9".repeat(1_000_000));
    assert!(error(&long).len() < 300);
    let long = format!(r#"{{"{}":{{"a":}}}}"#, "9".repeat(1_000_000));
    assert!(
        read::<BTreeMap<String, IgnoredAny>>(&long).expect_err("no value").to_string().len() < 300
    );
}

#[test]
fn depth_is_bounded() {
    let nested = |depth| "[".repeat(depth) + &"]".repeat(depth);
    for text in [nested(64), format!(r#"{{"unknown":{}}}"#, nested(63))] {
        assert!(read::<IgnoredAny>(&text).is_ok(), "{text}");
    }
    assert!(read::<IgnoredAny>(&nested(65)).is_err());
    let text = format!(r#"{{"unknown":{}}}"#, nested(64));
    assert!(error(&text).ends_with("expected at most 64 nested brackets"));
    assert!(
        error(&r#"{"inner":"#.repeat(1_000_000)).ends_with("expected at most 64 nested brackets")
    );
    assert!(error(&"{{".repeat(1_000_000)).contains("expected"));
    let deep = r#"{"inner":"#.repeat(63) + "{}" + &"}".repeat(63);
    let mut body = &body(&deep);
    for _ in 0..63 {
        body = body.inner.as_deref().expect("a body");
    }
}

#[test]
fn bodies_are_written_without_white_space_and_without_absent_fields() {
    let body = Body {
        name: "a\"\u{1}é\u{2028}".into(),
        rate: f64::NAN,
        addrs: BTreeMap::from([(0, "h:1".into())]),
        ..Body::default()
    };
    let text = r#"{"queueId":0,"offset":0,"order":false,"name":"a\"\u0001é\u2028","model":"CLUSTERING","tags":[],"addrs":{"0":"h:1"}}"#;
    assert_eq!(json::to_bytes(&body).expect("json"), text.as_bytes());
    let java = text.replace(r#""0":"#, "0:");
    assert_eq!(json::to_fastjson(&body).expect("json"), java.as_bytes());
    assert_eq!(json::to_bytes(&[None, Some(1.5)]).expect("json"), "[null,1.5]");
    assert_eq!(json::to_bytes(&()).expect("json"), "null");
    assert_eq!(json::to_bytes(&BTreeMap::from([(true, 'x')])).expect("json"), r#"{"true":"x"}"#);
}

#[test]
fn types_without_a_form_are_refused() {
    #[derive(Serialize)]
    enum Data {
        One(i32),
    }
    #[derive(Serialize)]
    struct Holder {
        data: Data,
    }
    let error = json::to_bytes(&Holder { data: Data::One(1) }).expect_err("an enum with data");
    assert_eq!(error.to_string(), "the body's data: a body cannot hold an enum with data");
    assert_eq!(error.at(), None);
    assert!(json::to_bytes(&BTreeMap::from([(vec![1], 1)])).is_err());
}

#[test]
fn strings_without_escapes_are_borrowed() {
    #[derive(Deserialize)]
    struct Borrowed<'a> {
        name: &'a str,
    }
    let command = RemotingCommand::request(1).with_body(r#"{"name":"n"}"#);
    assert_eq!(command.json::<Borrowed<'_>>().expect("a name").name, "n");
}

fn any_body() -> impl Strategy<Value = Body> {
    let text = || ".{0,8}";
    let numbers = any::<(i32, i64, Option<u8>, bool)>();
    // serde_json does not read every fraction exactly.
    let rate = any::<i32>().prop_map(|rate| f64::from(rate) / 8.0);
    let tags = prop::collection::vec(text(), 0..4);
    let addrs = prop::collection::btree_map(any::<i64>(), text(), 0..4);
    let pair = prop::option::of((any::<i32>(), text()));
    let leaf = (numbers, text(), tags, rate, pair, addrs).prop_map(|parts| {
        let ((queue_id, offset, small, order), name, tags, rate, pair, addrs) = parts;
        let model = if order { MessageModel::Broadcasting } else { MessageModel::Clustering };
        Body { queue_id, offset, small, order, rate, name, model, tags, pair, addrs, inner: None }
    });
    leaf.prop_recursive(4, 8, 1, move |inner| {
        (inner, text()).prop_map(|(inner, name)| Body {
            name,
            inner: Some(Box::new(inner)),
            ..Body::default()
        })
    })
}

proptest! {
    #[test]
    fn a_body_survives_the_round_trip(body in any_body()) {
        for text in [json::to_bytes(&body), json::to_fastjson(&body)] {
            let read: Body = json::from_slice(&text.expect("json")).expect("a body");
            prop_assert_eq!(&read, &body);
        }
        // Standard JSON, for every other reader.
        let text = json::to_bytes(&body).expect("json");
        prop_assert_eq!(&serde_json::from_slice::<Body>(&text).expect("a body"), &body);
    }

    #[test]
    fn standard_json_is_read_as_by_others(body in any_body()) {
        let text = serde_json::to_vec_pretty(&body).expect("json");
        prop_assert_eq!(&json::from_slice::<Body>(&text).expect("a body"), &body);
    }

    #[test]
    fn no_bytes_make_the_reader_panic(bytes in any::<Vec<u8>>(), text in r#"[{}\[\]:,"'\\a0n\-. ]{0,64}"#) {
        for bytes in [&bytes[..], text.as_bytes()] {
            _ = json::from_slice::<Body>(bytes);
            _ = json::from_slice::<TopicRouteData>(bytes);
            _ = json::from_slice::<BTreeMap<MessageQueue, i64>>(bytes);
            _ = json::from_slice::<IgnoredAny>(bytes);
            _ = json::from_slice::<serde_json::Value>(bytes);
        }
    }

    #[test]
    fn damaged_json_does_not_make_the_reader_panic(body in any_body(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut text = json::to_bytes(&body).expect("json").to_vec();
        let at = at.index(text.len());
        text[at] = byte;
        _ = json::from_slice::<Body>(&text);
        _ = json::from_slice::<Body>(&text[..at]);
    }
}
