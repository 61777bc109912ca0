//! Encodes a generated command and decodes it again.

use crate::command::{Parts, same};
use arbitrary::{Arbitrary, Unstructured};
use bytes::BytesMut;
use rocketmq_tower_core::{ExtFields, LanguageCode, RemotingCodec, RemotingCommand, SerializeType};
use rocketmq_tower_test_support::encode;
use tokio_util::codec::Decoder;

pub fn check(data: &[u8]) {
    let Ok(parts) = Parts::arbitrary_take_rest(Unstructured::new(data)) else { return };
    let command = parts.command();
    let frame = encode(&command);
    let back = decode(frame.clone());
    let expected = expected(&command);
    assert!(same(&back, &expected), "{back:?}, not {expected:?}");
    let again = encode(&back);
    if command.language().name().is_some() || back.serialize_type() == SerializeType::RocketMq {
        assert_eq!(frame, again, "the same bytes");
    }
    assert_eq!(encode(&decode(again.clone())), again);
}

fn decode(mut frame: BytesMut) -> RemotingCommand {
    let command = RemotingCodec::new().decode(&mut frame).expect("decodes");
    assert!(frame.is_empty());
    command.expect("a whole frame")
}

/// Returns the command as it arrives after encoding: without the parts that a header cannot carry,
/// according to the codec's documentation.
fn expected(command: &RemotingCommand) -> RemotingCommand {
    let kind = RemotingCodec::serialize_type_of(command);
    let mut expected = command.clone().with_serialize_type(kind);
    match kind {
        SerializeType::Json if command.language().name().is_none() => {
            expected = expected.with_language(LanguageCode::JAVA);
        }
        SerializeType::Json => {}
        SerializeType::RocketMq => {
            let version = i32::from(command.version().as_i32() as i16);
            expected = expected.with_version(version.into());
            if command.ext_fields().is_empty() {
                *expected.ext_fields_mut() = ExtFields::new();
            }
            if command.remark() == Some("") {
                expected = without_remark(expected);
            }
        }
    }
    expected
}

fn without_remark(command: RemotingCommand) -> RemotingCommand {
    let mut bare = RemotingCommand::request(command.code())
        .with_flag(command.flag())
        .with_version(command.version())
        .with_language(command.language())
        .with_serialize_type(command.serialize_type())
        .with_body(command.body().clone());
    bare.set_opaque(command.opaque());
    *bare.ext_fields_mut() = command.ext_fields().clone();
    bare
}
