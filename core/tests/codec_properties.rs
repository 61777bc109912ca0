//! Property tests of the codec, with generated commands and headers.
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

use bytes::BytesMut;
use proptest::prelude::*;
use rocketmq_tower_core::{RemotingCodec, RemotingCommand, SerializeType};
use rocketmq_tower_test_support::{decode, encode, frame, json};
use tokio_util::codec::Decoder;

fn commands() -> impl Strategy<Value = RemotingCommand> {
    let fields = prop::collection::vec((any::<String>(), any::<String>()), 0..20);
    let numbers = (any::<i32>(), any::<i32>(), any::<i32>(), any::<i32>(), any::<u8>());
    let remark = prop::option::of(any::<String>());
    let body = prop::collection::vec(any::<u8>(), 0..5000);
    (numbers, fields, remark, body, any::<bool>()).prop_map(
        |(numbers, fields, remark, body, binary)| {
            let (code, opaque, flag, version, language) = numbers;
            let mut command = RemotingCommand::request(code)
                .with_flag(flag)
                .with_version(version.into())
                .with_language((language % 14).into())
                .with_body(body);
            command.set_opaque(opaque);
            if let Some(remark) = remark {
                command.set_remark(remark);
            }
            command.ext_fields_mut().extend(fields);
            if binary { command.with_serialize_type(SerializeType::RocketMq) } else { command }
        },
    )
}

/// Decodes `bytes` that arrive in parts, cycling through these sizes. Returns the commands and the
/// error that ended decoding, if any.
fn receive(bytes: &[u8], sizes: &[usize]) -> (Vec<RemotingCommand>, Option<String>) {
    let (mut codec, mut buffer) = (RemotingCodec::new(), BytesMut::new());
    let (mut commands, mut rest) = (Vec::new(), bytes);
    for size in sizes.iter().cycle() {
        let (part, later) = rest.split_at(rest.len().min(*size));
        buffer.extend_from_slice(part);
        rest = later;
        loop {
            let next = if rest.is_empty() {
                codec.decode_eof(&mut buffer)
            } else {
                codec.decode(&mut buffer)
            };
            match next {
                Ok(Some(command)) => commands.push(command),
                Ok(None) if rest.is_empty() => return (commands, None),
                Ok(None) => break,
                Err(error) => return (commands, Some(error.to_string())),
            }
        }
    }
    panic!("there are sizes");
}

proptest! {
    /// Frames of both types, one after another, possibly followed by bytes that are not a frame.
    #[test]
    fn any_parts_bring_the_same_commands(
        commands in prop::collection::vec(commands(), 0..6),
        tail in prop::collection::vec(any::<u8>(), 0..12),
        sizes in prop::collection::vec(prop_oneof![1..5_usize, 1..5000_usize], 1..20),
    ) {
        let frames: Vec<BytesMut> = commands.iter().map(encode).collect();
        let bytes = [frames.concat(), tail].concat();
        let (whole, end) = receive(&bytes, &[usize::MAX]);
        prop_assert!(whole.len() >= commands.len());
        for (frame, command) in frames.iter().zip(&whole) {
            prop_assert_eq!(&decode(frame).expect("decodes"), command);
        }
        prop_assert_eq!(receive(&bytes, &sizes), (whole, end));
    }

    #[test]
    fn json_survives(command in commands()) {
        let command = command.with_serialize_type(SerializeType::Json);
        prop_assert_eq!(decode(&encode(&command)).expect("decodes"), command);
    }

    /// The binary header cannot hold an empty remark, an empty set of fields, or a version beyond
    /// 16 bits.
    #[test]
    fn binary_survives_but_for_what_it_cannot_say(command in commands()) {
        let command = command.with_serialize_type(SerializeType::RocketMq);
        let decoded = decode(&encode(&command)).expect("decodes");
        prop_assert_eq!(decoded.code(), command.code());
        prop_assert_eq!(decoded.opaque(), command.opaque());
        prop_assert_eq!(decoded.flag(), command.flag());
        prop_assert_eq!(decoded.body(), command.body());
        prop_assert_eq!(decoded.language(), command.language());
        prop_assert_eq!(decoded.remark().unwrap_or_default(), command.remark().unwrap_or_default());
        prop_assert!(decoded.ext_fields().iter().eq(command.ext_fields().iter()));
        if i16::try_from(command.version().as_i32()).is_ok() {
            prop_assert_eq!(decoded.version(), command.version());
        }
        prop_assert_eq!(encode(&decode(&encode(&decoded)).expect("decodes")), encode(&decoded));
    }

    /// A general JSON parser reads what the codec writes.
    #[test]
    fn json_is_json(command in commands()) {
        let command = command.with_serialize_type(SerializeType::Json);
        let frame = encode(&command);
        let header = &frame[8..frame.len() - command.body().len()];
        let value: serde_json::Value = serde_json::from_slice(header).expect("JSON");
        prop_assert_eq!(value["code"].as_i64(), Some(command.code().into()));
        prop_assert_eq!(value["remark"].as_str(), command.remark());
        for (name, text) in command.ext_fields().iter() {
            prop_assert_eq!(value["extFields"][name].as_str(), Some(text));
        }
    }

    /// The codec reads what a general JSON writer writes, whatever else is in the header.
    #[test]
    fn any_json_object_is_read(
        fields in prop::collection::btree_map(any::<String>(), any::<String>(), 0..10),
        extra in values(),
        pretty in any::<bool>(),
        code in any::<i32>(),
    ) {
        let value = serde_json::json!({ "a": extra, "code": code, "extFields": fields, "z": [extra] });
        let text = if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) };
        let command = decode(&json(text.expect("writes"))).expect("decodes");
        prop_assert_eq!(command.code(), code);
        prop_assert_eq!(command.ext_fields().len(), fields.len());
        for (name, text) in &fields {
            prop_assert_eq!(command.ext_fields().get(name), Some(text.as_str()));
        }
    }

    #[test]
    fn garbage_never_panics(kind in 0..3_u8, header in prop::collection::vec(any::<u8>(), 0..200)) {
        _ = decode(&frame(kind, &header, b"body"));
    }

    #[test]
    fn damaged_headers_never_panic(command in commands(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut frame = encode(&command);
        let header = 8 + u32::from_be_bytes([0, frame[5], frame[6], frame[7]]) as usize;
        let at = 8 + at.index(header - 8);
        frame[at] = byte;
        _ = decode(&frame);
    }
}

fn values() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<f64>().prop_map(|number| serde_json::json!(number)),
        any::<String>().prop_map(Into::into),
    ];
    leaf.prop_recursive(8, 64, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(Into::into),
            prop::collection::hash_map(any::<String>(), inner, 0..8)
                .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
        ]
    })
}
