//! Tests of headers that are kept as they are received.
#![allow(clippy::expect_used, reason = "test code")]

use bytes::BytesMut;
use proptest::prelude::*;
use rocketmq_tower_core::{RemotingCodec, RemotingCommand, ResponseCode, SerializeType};
use rocketmq_tower_test_support::{decode, encode, json};
use tokio_util::codec::Decoder;

/// As a Java client writes it, with white space in a value and escapes of several kinds.
const SEND: &str = r#"{"code":310,"extFields":{"a":"group","b":"topic","i":"KEYS\u0001k\u0002","j":"\"é\\\u00e9","e":"3"},"flag":0,"language":"JAVA","opaque":7,"serializeTypeCurrentRPC":"JSON","version":479}"#;
/// As a Go client writes it: in another order. The remark is the peer's.
const GO: &str = r#"{"code":0,"language":"GO","version":317,"opaque":12,"flag":1,"remark":"FOUND","extFields":{"msgId":"0A00000100002A9F00000000000004D2","queueId":"3"}}"#;

fn keep(frame: &[u8]) -> RemotingCommand {
    let mut codec = RemotingCodec::new().keep_headers(true);
    let command = codec.decode(&mut BytesMut::from(frame)).expect("decodes");
    command.expect("a whole frame")
}

fn header_of(command: &RemotingCommand) -> String {
    let frame = encode(command);
    String::from_utf8(frame[8..frame.len() - command.body().len()].to_vec()).expect("text")
}

#[test]
fn a_header_goes_out_as_it_came_but_for_opaque_and_flag() {
    for text in [SEND, GO] {
        let mut command = keep(&json(text));
        assert_eq!(header_of(&command), text);
        let (flag, opaque) = (command.flag(), command.opaque());
        command.set_opaque(-1_234_567);
        let sent = header_of(&command.with_flag(131_073));
        let expected = text
            .replace(&format!("\"opaque\":{opaque}"), "\"opaque\":-1234567")
            .replace(&format!("\"flag\":{flag}"), "\"flag\":131073");
        assert_eq!(sent, expected);
    }
}

#[test]
fn reading_changes_nothing() {
    let command = keep(&json(SEND));
    assert_eq!(command.ext_field("b"), Some("topic"));
    assert_eq!(command.ext_field("j"), Some("\"é\\é"));
    assert_eq!(command.ext_field("x"), None);
    assert_eq!(command.ext_fields().get("i"), Some("KEYS\u{1}k\u{2}"));
    assert_eq!(command.ext_field("e"), Some("3"));
    assert_eq!(header_of(&command), SEND);
    assert_eq!(command, command.clone());
    assert_eq!(command.clone(), decode(&json(SEND)).expect("decodes"));
}

#[test]
fn whatever_is_changed_is_written() {
    type Change = fn(&mut RemotingCommand);
    let changes: [Change; 6] = [
        |command| command.set_code(ResponseCode::SYSTEM_BUSY),
        |command| command.set_remark("another"),
        |command| _ = command.ext_fields_mut().remove("queueId"),
        |command| command.ext_fields_mut().insert("queueId", "4"),
        |command| command.set_ext_field("queueId", "40"),
        |command| *command = std::mem::take(command).with_version(3.into()),
    ];
    for change in changes {
        let (mut kept, mut plain) = (keep(&json(GO)), decode(&json(GO)).expect("decodes"));
        change(&mut kept);
        change(&mut plain);
        assert_ne!(header_of(&kept), GO);
        assert_eq!(header_of(&kept), header_of(&plain));
    }
    let binary = keep(&json(GO)).with_serialize_type(SerializeType::RocketMq);
    let plain = decode(&json(GO)).expect("decodes");
    assert_eq!(encode(&binary), encode(&plain.with_serialize_type(SerializeType::RocketMq)));
}

#[test]
fn a_value_of_the_same_length_is_replaced_in_place() {
    let (old, new) = ("0A00000100002A9F00000000000004D2", "C0000209000051AF00000000000004D2");
    let mut command = keep(&json(GO));
    command.set_ext_field("msgId", new);
    assert_eq!(header_of(&command), GO.replace(old, new));
    assert_eq!(command.ext_field("msgId"), Some(new));
    // One that needs escapes is not.
    let mut command = keep(&json(GO));
    command.set_ext_field("queueId", "\"");
    assert_eq!(command.ext_field("queueId"), Some("\""));
    assert!(header_of(&command).contains(r#""queueId":"\"""#));
}

/// A server behind this one might take another one of the values.
#[test]
fn a_repeated_field_that_somebody_has_read_is_sent_once() {
    let text = r#"{"code":310,"extFields":{"b":"mine","b":"theirs"},"flag":0,"opaque":7}"#;
    let command = keep(&json(text));
    assert_eq!(command.ext_field("b"), Some("theirs"));
    assert!(!header_of(&command).contains("mine"));
    let mut command = keep(&json(text));
    command.set_ext_field("b", "sheirt");
    assert!(header_of(&command).contains(r#"{"b":"sheirt"}"#));
}

#[test]
fn other_headers_are_decoded_at_once() {
    for text in [
        r#"{"code":1,"flag":0}"#,
        r#"{"code":1,"code":2,"flag":0,"opaque":1}"#,
        r#"{ "code":1,"flag":0,"opaque":1}"#,
        r#"{"code":1,"flag":"0","opaque":1}"#,
        r#"{"code":1,"extFields":{"a":1},"flag":0,"opaque":1}"#,
        r#"{"code":1,"extFields":{"a":"\ud83d\ude00"},"flag":0,"opaque":1}"#,
    ] {
        let plain = decode(&json(text)).expect("decodes");
        assert_eq!(header_of(&keep(&json(text))), header_of(&plain), "{text}");
    }
    let error =
        RemotingCodec::new().keep_headers(true).decode(&mut BytesMut::from(&*json("{\"code\":1,")));
    assert!(error.is_err());
}

proptest! {
    #[test]
    fn kept_headers_are_read_as_others(
        fields in prop::collection::vec((any::<String>(), any::<String>()), 0..20),
        remark in prop::option::of(any::<String>()),
        escaped in any::<bool>(),
        opaque in any::<i32>(),
    ) {
        let mut command = RemotingCommand::request(11).with_body("body");
        command.set_opaque(opaque);
        if let Some(remark) = remark {
            command.set_remark(remark);
        }
        command.ext_fields_mut().extend(fields.clone());
        let mut frame = encode(&command);
        if escaped {
            let text = header_of(&command).replace('e', "\\u0065");
            frame = BytesMut::from(&*json(&text));
        }
        let (kept, plain) = (keep(&frame), decode(&frame).expect("decodes"));
        for (name, _) in &fields {
            prop_assert_eq!(kept.ext_field(name), plain.ext_field(name));
        }
        prop_assert_eq!(keep(&encode(&kept)), keep(&frame));
        prop_assert!(kept.ext_fields().iter().eq(plain.ext_fields().iter()));
        prop_assert_eq!(kept, plain);
    }
}
