//! Property tests of ext fields and typed headers, through the codec.
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

use proptest::prelude::*;
use rocketmq_tower_core::{RemotingCommand, SerializeType};
use rocketmq_tower_test_support::{decode, encode, frame, json};
use serde::{Deserialize, Serialize};

type Pairs = Vec<(String, String)>;

/// Few names, so that most repeat, and more fields than are searched one by one.
fn pairs() -> impl Strategy<Value = Pairs> {
    let few = prop_oneof!["[a-c]{0,2}", "[a-z\"\\\\\n\u{e9}\u{1f600}]{1,3}"];
    let many = "[a-z]{1,2}";
    let value = prop_oneof![any::<String>(), "[0-9]{1,3}"];
    prop_oneof![
        prop::collection::vec((few, value.clone()), 0..40),
        prop::collection::vec((many, value), 40..150),
    ]
}

/// Returns each name once, at its first position, with its last value.
fn model(pairs: &Pairs) -> Pairs {
    let mut unique: Pairs = Vec::new();
    for (name, value) in pairs {
        match unique.iter_mut().find(|(known, _)| known == name) {
            Some(known) => known.1.clone_from(value),
            None => unique.push((name.clone(), value.clone())),
        }
    }
    unique
}

fn fields_of(command: &RemotingCommand) -> Pairs {
    let fields = command.ext_fields().iter();
    fields.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// Returns a frame whose JSON header has these fields, including repetitions. Non-ASCII characters
/// are escaped if `escaped` is set.
fn json_frame(pairs: &Pairs, escaped: bool) -> Vec<u8> {
    let quoted = |text: &String| {
        let plain = serde_json::to_string(text).expect("writes");
        if !escaped {
            return plain;
        }
        let units = plain.encode_utf16().map(|unit| match u8::try_from(unit) {
            Ok(byte) if byte.is_ascii() => char::from(byte).to_string(),
            _ => format!("\\u{unit:04x}"),
        });
        units.collect()
    };
    let fields: Vec<String> =
        pairs.iter().map(|(name, value)| format!("{}:{}", quoted(name), quoted(value))).collect();
    json(format!("{{\"code\":1,\"extFields\":{{{}}}}}", fields.join(",")))
}

fn binary_frame(pairs: &Pairs) -> Vec<u8> {
    let mut fields = Vec::new();
    for (name, value) in pairs {
        fields.extend((name.len() as u16).to_be_bytes());
        fields.extend(name.as_bytes());
        fields.extend((value.len() as u32).to_be_bytes());
        fields.extend(value.as_bytes());
    }
    let mut header = vec![0; 17];
    header.extend((fields.len() as u32).to_be_bytes());
    header.extend(fields);
    frame(1, &header, b"")
}

/// A change of ext fields.
#[derive(Clone, Debug)]
enum Change {
    Insert(String, String),
    Remove(String),
}

fn changes() -> impl Strategy<Value = Vec<Change>> {
    let name = "[a-d]{0,2}";
    let insert = (name, any::<String>()).prop_map(|(name, value)| Change::Insert(name, value));
    // Long enough that overwritten values cause a compaction.
    let long = (name, "[x]{300,600}").prop_map(|(name, value)| Change::Insert(name, value));
    prop::collection::vec(prop_oneof![insert, long, name.prop_map(Change::Remove)], 0..60)
}

/// A header with a field of every supported type.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct AllTypes {
    text: String,
    letter: char,
    truth: bool,
    i8: i8,
    i16: i16,
    i32: i32,
    i64: i64,
    i128: i128,
    u8: u8,
    u16: u16,
    u32: u32,
    u64: u64,
    u128: u128,
    f32: f32,
    f64: f64,
    unit: Unit,
    newtype: Newtype,
    perhaps_text: Option<String>,
    perhaps_number: Option<u64>,
    perhaps_unit: Option<Unit>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
enum Unit {
    First,
    #[serde(rename = "the second \"one\"")]
    Second,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Newtype(i32);

fn all_types() -> impl Strategy<Value = AllTypes> {
    let unit = || prop_oneof![Just(Unit::First), Just(Unit::Second)];
    let signed = any::<(i8, i16, i32, i64, i128)>();
    let unsigned = any::<(u8, u16, u32, u64, u128)>();
    let real = (any::<f32>(), any::<f64>(), any::<bool>());
    let other = (any::<String>(), any::<char>(), any::<bool>(), unit(), any::<i32>());
    let perhaps = (any::<Option<String>>(), any::<Option<u64>>(), prop::option::of(unit()));
    (signed, unsigned, real, other, perhaps).prop_map(|(signed, unsigned, real, other, perhaps)| {
        AllTypes {
            text: other.0,
            letter: other.1,
            truth: other.2,
            i8: signed.0,
            i16: signed.1,
            i32: signed.2,
            i64: signed.3,
            i128: signed.4,
            u8: unsigned.0,
            u16: unsigned.1,
            u32: unsigned.2,
            u64: unsigned.3,
            u128: unsigned.4,
            f32: real.0,
            f64: if real.2 { f64::INFINITY.copysign(real.1) } else { real.1 },
            unit: other.3,
            newtype: Newtype(other.4),
            perhaps_text: perhaps.0,
            perhaps_number: perhaps.1,
            perhaps_unit: perhaps.2,
        }
    })
}

proptest! {
    #[test]
    fn json_fields_keep_their_order_and_the_last_of_a_name_counts(
        pairs in pairs(),
        escaped in any::<bool>(),
    ) {
        let command = decode(&json_frame(&pairs, escaped)).expect("decodes");
        prop_assert_eq!(fields_of(&command), model(&pairs));
    }

    #[test]
    fn binary_fields_keep_their_order_and_the_last_of_a_name_counts(pairs in pairs()) {
        let command = decode(&binary_frame(&pairs)).expect("decodes");
        prop_assert_eq!(fields_of(&command), model(&pairs));
        let json = command.with_serialize_type(SerializeType::Json);
        let again = decode(&encode(&json)).expect("decodes");
        prop_assert_eq!(fields_of(&again), model(&pairs));
    }

    /// Decoded and inserted fields can be changed in the same way.
    #[test]
    fn fields_are_a_list_of_names(pairs in pairs(), changes in changes()) {
        let mut command = decode(&json_frame(&pairs, true)).expect("decodes");
        let fields = command.ext_fields_mut();
        let mut expected = model(&pairs);
        for change in changes {
            match change {
                Change::Insert(name, value) => {
                    fields.insert(&name, &value);
                    match expected.iter_mut().find(|(known, _)| *known == name) {
                        Some(known) => known.1 = value,
                        None => expected.push((name, value)),
                    }
                }
                Change::Remove(name) => {
                    let known = expected.iter().position(|(known, _)| *known == name);
                    prop_assert_eq!(fields.remove(&name), known.is_some());
                    known.map(|at| expected.remove(at));
                    prop_assert!(!fields.contains(&name));
                }
            }
            prop_assert!(fields.iter().eq(expected.iter().map(|(name, value)| (&**name, &**value))));
        }
        for (name, value) in &expected {
            prop_assert_eq!(fields.get(name), Some(value.as_str()));
        }
        prop_assert_eq!(fields_of(&decode(&encode(&command)).expect("decodes")), expected);
    }

    #[test]
    fn typed_headers_survive(header in all_types(), binary in any::<bool>()) {
        let kind = if binary { SerializeType::RocketMq } else { SerializeType::Json };
        let command = RemotingCommand::request(310).with_header(&header).expect("flat").with_serialize_type(kind);
        let back = decode(&encode(&command)).expect("decodes");
        prop_assert_eq!(back.header::<AllTypes>().expect("reads"), header);
    }

    /// Whatever a peer puts into a field, reading it either succeeds or fails with an error that
    /// names the field.
    #[test]
    fn any_text_is_a_value_or_an_error(text in "[-+0-9.eE truTRUfalsFirst]{0,12}", at in 0..20_usize) {
        let header = AllTypes {
            text: String::new(), letter: 'x', truth: true, i8: 0, i16: 0, i32: 0, i64: 0, i128: 0,
            u8: 0, u16: 0, u32: 0, u64: 0, u128: 0, f32: 0.0, f64: 0.0, unit: Unit::First,
            newtype: Newtype(0), perhaps_text: Some(String::new()), perhaps_number: Some(0),
            perhaps_unit: Some(Unit::First),
        };
        let mut command = RemotingCommand::request(310).with_header(&header).expect("flat");
        let name = command.ext_fields().iter().nth(at).expect("so many").0.to_owned();
        command.ext_fields_mut().insert(&name, &text);
        if let Err(error) = command.header::<AllTypes>() {
            prop_assert!(error.to_string().contains(&name), "{}", error);
        }
    }
}
