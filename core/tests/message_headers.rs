//! Tests properties, and the headers of sends as real clients write them.
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

use rocketmq_tower_core::message::{Properties, PropertiesBuf, SendHeader, property};
use rocketmq_tower_core::{HeaderError, RemotingCommand, RequestCode, SerializeType};
use rocketmq_tower_test_support::{captured, decode, encode};

#[test]
fn properties_are_read_as_java_reads_them() {
    for (text, expected) in [
        ("", &[][..]),
        ("TAGS\x01a\x02KEYS\x01k1 k2\x02", &[("TAGS", "a"), ("KEYS", "k1 k2")]),
        ("TAGS\x01a\x02KEYS\x01é𝄞", &[("TAGS", "a"), ("KEYS", "é𝄞")]),
        ("\x02\x01\x02a\x01\x02\x01b\x02alone\x02x\x01y\x02", &[("x", "y")]),
        ("a\x01b\x01c\x02", &[("a", "b\x01c")]),
        ("a\x01\x01\x02", &[("a", "\x01")]),
    ] {
        let properties = Properties::new(text);
        assert_eq!(properties.iter().collect::<Vec<_>>(), expected, "{text:?}");
        assert_eq!(properties.is_empty(), expected.is_empty(), "{text:?}");
        for (name, value) in expected {
            assert_eq!(properties.get(name), Some(*value), "{text:?}");
        }
        for none in ["", "a\x01b", "alone", "\x01b"] {
            assert_eq!(properties.get(none), None, "{text:?}");
        }
        assert_eq!(properties.as_str(), text);
    }
    let twice = Properties::new("a\x011\x02b\x012\x02a\x013\x02");
    assert_eq!(twice.get("a"), Some("3"), "the last of a name");
    assert_eq!(format!("{twice:?}"), r#"{"a": "1", "b": "2", "a": "3"}"#);
}

#[test]
fn changed_properties_keep_their_order() {
    let mut properties = PropertiesBuf::from(Properties::new("a\x011\x02ab\x012\x02a\x013"));
    assert_eq!(properties.as_properties().as_str(), "a\x013\x02ab\x012\x02");
    properties.set("b", "4").set("a", "long").set("ab", "");
    assert_eq!(properties.as_properties().as_str(), "a\x01long\x02b\x014\x02");
    assert_eq!((properties.get("a"), properties.get("ab")), (Some("long"), None));
    assert!(properties.remove("a"));
    assert!(!properties.remove("a"));
    assert_eq!(properties.as_properties().as_str(), "b\x014\x02");
}

/// A value cannot smuggle in another property.
#[test]
fn separators_do_not_get_into_names_and_values() {
    let mut properties = PropertiesBuf::new();
    properties.set("na\x01me", "value\x02PGROUP\x01evil").set("", "x").set("\x02", "x");
    let all: Vec<_> = properties.as_properties().iter().collect();
    assert_eq!(all, [("name", "valuePGROUP\x01evil")]);
    assert_eq!(properties.get(property::PGROUP), None);
}

/// The first messages of real clients. Fields that are the same in all are compared in one place.
#[test]
fn the_sends_of_real_clients_are_read() {
    for (name, queue, born, tag, wait, max, broker) in [
        ("node client SEND_MESSAGE_V2", 3, 1_795_341_440_666, "tag0", None, None, None),
        ("cpp client SEND_MESSAGE", 0, 1_795_341_569_644, "warm", Some("true"), None, None),
        ("cpp2 client SEND_MESSAGE_V2", 0, 1_795_341_571_431, "warm", Some("true"), Some(16), None),
        ("go client SEND_MESSAGE", 1, 1_795_341_535_195, "warm", None, Some(0), Some("fake-a")),
        (
            "java client SEND_MESSAGE_V2",
            0,
            1_795_341_540_052,
            "warm",
            Some("true"),
            None,
            Some("fake-a"),
        ),
        (
            "java_binary client SEND_MESSAGE_V2",
            1,
            1_795_342_129_177,
            "warm",
            Some("true"),
            None,
            Some("fake-a"),
        ),
    ] {
        let request = captured(name);
        let header = SendHeader::read(&request).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(header.producer_group.starts_with("PID_heldout_"), "{name}: {header:?}");
        assert_eq!(header.topic, "T1", "{name}");
        assert_eq!(
            (header.default_topic, header.default_topic_queue_nums),
            ("TBW102", 4),
            "{name}"
        );
        assert_eq!(header.queue_id, queue, "{name}");
        assert_eq!((header.sys_flag, header.flag, header.reconsume_times), (0, 0, 0), "{name}");
        assert_eq!(header.born_timestamp, born, "{name}");
        assert_eq!(header.properties.get(property::TAGS), Some(tag), "{name}");
        assert_eq!(header.properties.get(property::WAIT), wait, "{name}");
        assert_eq!((header.unit_mode, header.batch), (false, false), "{name}");
        assert_eq!((header.max_reconsume_times, header.broker_name), (max, broker), "{name}");
    }
}

fn full() -> SendHeader<'static> {
    SendHeader {
        default_topic: "TBW103",
        default_topic_queue_nums: 8,
        sys_flag: 769,
        born_timestamp: -1,
        flag: i32::MIN,
        properties: Properties::new("TAGS\x01a\x02"),
        reconsume_times: 2,
        unit_mode: true,
        max_reconsume_times: Some(16),
        broker_name: Some("broker-a"),
        ..SendHeader::new("producers", "TopicTest", -1)
    }
}

#[test]
fn headers_survive_on_the_wire() {
    for (batch, code) in
        [(false, RequestCode::SEND_MESSAGE_V2), (true, RequestCode::SEND_BATCH_MESSAGE)]
    {
        let plain = SendHeader::new("producers", "TopicTest", 0);
        for header in [SendHeader { batch, ..full() }, SendHeader { batch, ..plain }] {
            for serialize_type in [SerializeType::Json, SerializeType::RocketMq] {
                let request = header.request().with_serialize_type(serialize_type);
                let request = decode(&encode(&request)).expect("decodes");
                assert_eq!(request.request_code(), code);
                assert_eq!(SendHeader::read(&request), Ok(header.clone()));
            }
        }
    }
}

/// Returns a request with all required fields of a header, under their long names.
fn in_words(code: RequestCode) -> RemotingCommand {
    let mut request = RemotingCommand::request(code);
    request.ext_fields_mut().extend([
        ("producerGroup", "producers"),
        ("topic", "TopicTest"),
        ("defaultTopic", "TBW102"),
        ("defaultTopicQueueNums", "4"),
        ("queueId", "3"),
        ("sysFlag", "0"),
        ("bornTimestamp", "1700000000000"),
        ("flag", "0"),
    ]);
    request
}

#[test]
fn optional_fields_have_javas_defaults() {
    for code in [RequestCode::SEND_MESSAGE, RequestCode::SEND_REPLY_MESSAGE] {
        let request = in_words(code);
        let header = SendHeader::read(&request).expect("all that is needed");
        let expected = SendHeader {
            born_timestamp: 1_700_000_000_000,
            ..SendHeader::new("producers", "TopicTest", 3)
        };
        assert_eq!(header, expected);
    }
}

#[test]
fn required_fields_are_named_when_they_are_missing() {
    let request = in_words(RequestCode::SEND_MESSAGE);
    let names: Vec<String> = request.ext_fields().iter().map(|(name, _)| name.to_owned()).collect();
    assert_eq!(names.len(), 8);
    for field in names {
        let mut request = request.clone();
        request.ext_fields_mut().remove(&field);
        assert_eq!(SendHeader::read(&request), Err(HeaderError::Missing { field }));
    }
    let letters = RemotingCommand::request(RequestCode::SEND_MESSAGE_V2);
    assert_eq!(SendHeader::read(&letters), Err(HeaderError::Missing { field: "a".into() }));
}

#[test]
fn booleans_are_those_of_all_clients() {
    for (text, expected) in
        [("true", true), ("TRUE", true), ("1", true), ("False", false), ("0", false), ("", false)]
    {
        let request = in_words(RequestCode::SEND_MESSAGE)
            .with_ext_field("unitMode", text)
            .with_ext_field("batch", text);
        let header = SendHeader::read(&request).expect("a boolean");
        assert_eq!((header.unit_mode, header.batch), (expected, expected), "{text:?}");
    }
}

#[test]
fn malformed_values_are_named_with_what_they_are() {
    for (field, text, expected) in [
        (
            "queueId",
            "three",
            r#"the header's field "queueId" is "three", which is not a 32-bit integer"#,
        ),
        (
            "bornTimestamp",
            "1e3",
            r#"the header's field "bornTimestamp" is "1e3", which is not a 64-bit integer"#,
        ),
        ("batch", "yes", r#"the header's field "batch" is "yes", which is not a boolean"#),
        ("flag", "", r#"the header lacks the field "flag""#),
    ] {
        let request = in_words(RequestCode::SEND_MESSAGE).with_ext_field(field, text);
        assert_eq!(SendHeader::read(&request).expect_err(field).to_string(), expected);
    }
}
