//! Tests which JSON headers are read, and how they are written.
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

use rocketmq_tower_core::codec::DecodeError;
use rocketmq_tower_core::{ExtFields, LanguageCode, MqVersion, RemotingCommand};
use rocketmq_tower_test_support::{decode, encode, frame, json};

#[track_caller]
fn header(text: &str) -> RemotingCommand {
    decode(&json(text)).unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[track_caller]
fn error(text: &str) -> String {
    decode(&json(text)).expect_err(text).to_string()
}

#[test]
fn every_key_is_optional() {
    let command = header("{}");
    assert_eq!((command.code(), command.flag(), command.opaque()), (0, 0, 0));
    assert_eq!((command.language(), command.version()), (LanguageCode::JAVA, MqVersion::UNSET));
    assert_eq!(command.remark(), None);
    assert!(!command.ext_fields().is_present());
}

#[test]
fn keys_may_come_in_any_order_twice_and_unknown() {
    let command = header(
        r#" { "version":3,"x":[1,{"y":"}"},"]"],"opaque":-7,"code":1,"flag":2, "code":34,"z":null,
            "serializeTypeCurrentRPC":"ROCKETMQ","body":"x" } "#,
    );
    assert_eq!((command.code(), command.opaque(), command.flag()), (34, -7, 2));
    assert_eq!(command.version().as_i32(), 3);
    assert_eq!(command.serialize_type(), rocketmq_tower_core::SerializeType::Json);
    assert_eq!(header(r#"{"\u0063ode":5}"#).code(), 5);
    assert_eq!(header("\u{feff}{\"code\":6}\n").code(), 6);
}

#[test]
fn integers_may_be_text_fractions_or_null() {
    for (value, expected) in [
        ("12", 12),
        ("\"12\"", 12),
        ("12.7", 12),
        ("-12.7", -12),
        ("\"12.7\"", 12),
        ("1e3", 1000),
        ("null", 0),
        ("-2147483648", i32::MIN),
        ("2147483647", i32::MAX),
    ] {
        assert_eq!(header(&format!(r#"{{"code":{value}}}"#)).code(), expected, "{value}");
    }
    assert_eq!(
        error(r#"{"opaque":2147483648}"#),
        "the header's opaque is 2147483648, which is not a 32-bit integer"
    );
    assert_eq!(error(r#"{"flag":"x"}"#), "the header's flag is x, which is not a 32-bit integer");
    assert_eq!(error(r#"{"version":true}"#), "malformed JSON header at byte 15: expected a number");
    assert!(error(r#"{"code":"inf"}"#).contains("32-bit"));
}

#[test]
fn language_is_a_name_or_an_ordinal_and_need_not_be_known() {
    for (value, expected) in [
        (r#""GO""#, LanguageCode::GO),
        (r#""go""#, LanguageCode::GO),
        ("9", LanguageCode::GO),
        (r#""SWIFT""#, LanguageCode::UNKNOWN),
        ("300", LanguageCode::UNKNOWN),
        ("null", LanguageCode::UNKNOWN),
    ] {
        let command = header(&format!(r#"{{"language":{value}}}"#));
        assert_eq!(command.language(), expected, "{value}");
    }
    let unknown = header(r#"{"language":"SWIFT"}"#);
    assert!(
        !String::from_utf8_lossy(&encode(&unknown)).contains("language"),
        "left out, as Java does"
    );
}

#[test]
fn ext_fields_take_any_value() {
    let command = header(
        r#"{"extFields":{"s":"text","n":4,"d":1.50,"b":false,"t":true,"null":null,"o":{"a": [1]},"l":[],"e":"","q":"a\"b"}}"#,
    );
    let fields: Vec<_> = command.ext_fields().iter().collect();
    let expected = [
        ("s", "text"),
        ("n", "4"),
        ("d", "1.50"),
        ("b", "false"),
        ("t", "true"),
        ("o", r#"{"a": [1]}"#),
        ("l", "[]"),
        ("e", ""),
        ("q", "a\"b"),
    ];
    assert_eq!(fields, expected);
}

#[test]
fn null_against_empty() {
    let absent = header(r#"{"extFields":null,"remark":null}"#);
    assert!(!absent.ext_fields().is_present() && absent.remark().is_none());
    let empty = header(r#"{"extFields":{},"remark":""}"#);
    assert!(empty.ext_fields().is_present() && empty.remark() == Some(""));
    let text = |command| String::from_utf8_lossy(&encode(&command)[8..]).into_owned();
    assert_eq!(
        text(absent),
        r#"{"code":0,"flag":0,"language":"JAVA","opaque":0,"serializeTypeCurrentRPC":"JSON","version":0}"#
    );
    assert_eq!(
        text(empty),
        r#"{"code":0,"extFields":{},"flag":0,"language":"JAVA","opaque":0,"remark":"","serializeTypeCurrentRPC":"JSON","version":0}"#
    );
}

#[test]
fn the_last_ext_field_of_a_name_wins() {
    let command = header(r#"{"extFields":{"a":"1","b":"2","a":"3"}}"#);
    assert_eq!(command.ext_fields(), &[("a", "3"), ("b", "2")].into_iter().collect::<ExtFields>());
    assert!(header(r#"{"extFields":{"a":"1"},"extFields":{}}"#).ext_fields().is_empty());
    assert!(!header(r#"{"extFields":{"a":"1"},"extFields":null}"#).ext_fields().is_present());
}

#[test]
fn strings_are_escaped_as_fastjson_does() {
    let text = "\"\\\u{8}\t\n\u{c}\r\u{1}\u{1f}\u{7f}\u{80}\u{9f}\u{a0}\u{2027}\u{2028}\u{2029}/<>&'é𝄞\u{a1}";
    let command = RemotingCommand::request(1).with_remark(text);
    let frame = encode(&command);
    let written = String::from_utf8_lossy(&frame);
    let expected = "\"remark\":\"\\\"\\\\\\b\\t\\n\\f\\r\\u0001\\u001F\\u007F\\u0080\\u009F\u{a0}\u{2027}\\u2028\\u2029/<>&'é𝄞\u{a1}\"";
    assert!(written.contains(expected), "{written}");
    assert_eq!(decode(&frame).expect("decodes").remark(), Some(text));
}

#[test]
fn escapes_are_read() {
    let command = header(r#"{"remark":"\u0041\/\ud834\udd1e\ud834\udd\u00e9\x"}"#);
    assert_eq!(command.remark(), Some("A/𝄞\u{fffd}\u{fffd}dd\u{e9}x"));
}

#[test]
fn malformed_headers_say_where_and_what() {
    for (text, expected) in [
        ("", "malformed JSON header at byte 0: expected '{'"),
        ("[]", "malformed JSON header at byte 0: expected '{'"),
        ("{", "malformed JSON header at byte 1: expected a key in quotes"),
        ("{code:1}", "malformed JSON header at byte 1: expected a key in quotes"),
        (r#"{"code" 1}"#, "malformed JSON header at byte 8: expected a colon"),
        (r#"{"code":}"#, "malformed JSON header at byte 8: expected a value"),
        (r#"{"code":1 "flag":1}"#, "malformed JSON header at byte 10: expected a comma or '}'"),
        (r#"{"code":1,}"#, "malformed JSON header at byte 10: expected a key in quotes"),
        (r#"{"code":1}x"#, "malformed JSON header at byte 10: expected the end"),
        (r#"{"remark":"x"#, "malformed JSON header at byte 12: expected a closing quote"),
        (r#"{"remark":"x\"#, "malformed JSON header at byte 13: expected a closing quote"),
        (r#"{"extFields":[]}"#, "malformed JSON header at byte 15: expected an object"),
        (r#"{"x":[1,2}"#, "malformed JSON header at byte 9: expected a comma or a closing bracket"),
        (r#"{"x":tru}"#, "malformed JSON header at byte 5: expected a value"),
    ] {
        assert_eq!(error(text), expected, "{text}");
    }
    let deep = format!("{{\"x\":{}{}}}", "[".repeat(65), "]".repeat(65));
    assert!(error(&deep).ends_with("expected fewer nested brackets"));
    let deep = format!("{{\"x\":{}{}}}", "[".repeat(64), "]".repeat(64));
    header(&deep);
}

#[test]
fn invalid_utf8_is_an_error() {
    let error = decode(&frame(0, b"{\"remark\":\"\xff\"}", b"")).expect_err("invalid");
    assert!(matches!(error, DecodeError::NotUtf8 { at: 11, .. }), "{error}");
}
