//! Compares frames byte by byte with those of Java and of other clients.
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

use rocketmq_tower_core::{LanguageCode, MqVersion, RemotingCommand, RequestCode, SerializeType};
use rocketmq_tower_test_support::{captured_frames, decode, encode, hex};
use tokio_util::codec::Encoder;

/// Returns a command as Java 5.3.3 creates it.
fn java(code: i32) -> RemotingCommand {
    let mut command = RemotingCommand::request(code)
        .with_language(LanguageCode::JAVA)
        .with_version(MqVersion::V5_3_3);
    command.set_opaque(1);
    command
}

/// Asserts that `command` encodes to this frame, and that the frame decodes to `command`.
#[track_caller]
fn both_ways(command: &RemotingCommand, frame: &str) {
    assert_eq!(encode(command), hex(frame), "{command:?}");
    assert_eq!(&decode(&hex(frame)).expect("decodes"), command);
}

#[test]
fn json_without_ext_fields_and_body() {
    both_ways(
        &java(105),
        "00000065 00000061 7b22636f6465223a3130352c22666c6167223a302c226c616e6775616765223a224a415641222c226f7061717565223a31
         2c2273657269616c697a655479706543757272656e74525043223a224a534f4e222c2276657273696f6e223a3437397d",
    );
}

#[test]
fn json_with_ext_fields_and_body() {
    both_ways(
        &java(105).with_ext_field("topic", "T").with_body("hi"),
        "00000081 0000007b 7b22636f6465223a3130352c226578744669656c6473223a7b22746f706963223a2254227d2c22666c6167223a302c226c
         616e6775616765223a224a415641222c226f7061717565223a312c2273657269616c697a655479706543757272656e74525043223a224a534f4e
         222c2276657273696f6e223a3437397d 6869",
    );
}

#[test]
fn binary_without_ext_fields_and_body() {
    both_ways(
        &java(105).with_serialize_type(SerializeType::RocketMq),
        "00000019 01000015 0069 00 01df 00000001 00000000 00000000 00000000",
    );
}

#[test]
fn binary_with_all_parts() {
    both_ways(
        &java(105)
            .with_serialize_type(SerializeType::RocketMq)
            .with_remark("ok")
            .with_ext_field("topic", "T")
            .with_body("hi"),
        "00000029 01000023 0069 00 01df 00000001 00000000 00000002 6f6b 0000000c 0005 746f706963 00000001 54 6869",
    );
}

/// Java truncates this command's code (200050) to 16 bits; the rest of the frame is correct.
#[test]
fn binary_with_a_large_version_and_an_empty_value() {
    let frame = "0000002c 01000027 0d72 00 9c40 01020304 00000000 00000003 72c3a9 0000000f 0001 65 00000000 0001 6b 00000001
                 76 09";
    let mut command = java(0x0d72)
        .with_serialize_type(SerializeType::RocketMq)
        .with_version((40_000 - 65_536).into())
        .with_remark("ré")
        .with_ext_field("e", "")
        .with_ext_field("k", "v")
        .with_body(vec![9]);
    command.set_opaque(0x0102_0304);
    both_ways(&command, frame);
    assert_eq!(
        encode(&command.with_version(40_000.into())),
        hex(frame),
        "the low 16 bits, as Java"
    );
}

#[test]
fn codes_that_do_not_fit_the_binary_header_are_sent_as_json() {
    let command =
        java(RequestCode::POP_MESSAGE.as_i32()).with_serialize_type(SerializeType::RocketMq);
    let decoded = decode(&encode(&command)).expect("decodes");
    assert_eq!(decoded.request_code(), RequestCode::POP_MESSAGE);
    assert_eq!(decoded.serialize_type(), SerializeType::Json);
    for (code, expected) in [
        (32_767, SerializeType::RocketMq),
        (32_768, SerializeType::Json),
        (-32_768, SerializeType::RocketMq),
        (-32_769, SerializeType::Json),
    ] {
        let command = java(code).with_serialize_type(SerializeType::RocketMq);
        let decoded = decode(&encode(&command)).expect("decodes");
        assert_eq!((decoded.code(), decoded.serialize_type()), (code, expected));
    }
}

#[test]
fn names_that_do_not_fit_the_binary_header_are_sent_as_json() {
    for (length, expected) in [(32_767, SerializeType::RocketMq), (32_768, SerializeType::Json)] {
        let command = java(1)
            .with_serialize_type(SerializeType::RocketMq)
            .with_ext_field(&"n".repeat(length), "v");
        let decoded = decode(&encode(&command)).expect("decodes");
        assert_eq!(decoded.serialize_type(), expected);
        assert_eq!(decoded.ext_fields(), command.ext_fields());
    }
}

/// Java's own test of the header word.
#[test]
fn a_header_of_24_bits_fills_the_word() {
    let mut codec = rocketmq_tower_core::RemotingCodec::new().with_max_frame_length(1 << 26);
    for serialize_type in [SerializeType::Json, SerializeType::RocketMq] {
        let mut buffer = bytes::BytesMut::new();
        let command = java(1).with_serialize_type(serialize_type).with_remark("");
        let fixed = encode(&command).len() - 8;
        let fits = command.clone().with_remark("r".repeat((1 << 24) - 1 - fixed));
        Encoder::encode(&mut codec, &fits, &mut buffer).expect("fits");
        assert_eq!(buffer[4..8], [serialize_type as u8, 0xff, 0xff, 0xff]);
        let over = command.with_remark("r".repeat((1 << 24) - fixed));
        let error = Encoder::encode(&mut codec, &over, &mut bytes::BytesMut::new());
        assert_eq!(
            error.expect_err("too long").to_string(),
            "a header of 16777216 bytes exceeds the limit of 16777215"
        );
    }
}

/// Java's own tests of the binary header: its length, and the positions of its length fields.
#[test]
fn binary_headers_are_as_long_as_javas() {
    let plain = java(1).with_serialize_type(SerializeType::RocketMq);
    for (command, length, lengths) in [
        (plain.clone(), 21, [(13, 0), (17, 0)]),
        (plain.clone().with_remark("Sample Remark"), 34, [(13, 13), (30, 0)]),
        (plain.with_ext_field("key", "value"), 35, [(13, 0), (17, 14)]),
    ] {
        let header = &encode(&command)[8..];
        assert_eq!(header.len(), length);
        for (at, expected) in lengths {
            assert_eq!(header[at..at + 4], u32::to_be_bytes(expected), "{at}");
        }
        assert_eq!(decode(&encode(&command)).expect("decodes"), command);
    }
}

/// Captured from unmodified clients: Java, Go, C++ (0.5 and head) and Node.
#[test]
fn captured_frames_decode_and_survive_the_round_trip() {
    assert_eq!(captured_frames().count(), 21);
    for (text, frame) in captured_frames() {
        let name: Vec<&str> = text.split(' ').collect();
        let command = decode(&frame).unwrap_or_else(|error| panic!("{text}: {error}"));
        if !command.is_response() {
            assert_eq!(command.request_code().name(), Some(name[2]), "{text}");
        }
        let language = match name[0] {
            "cpp" | "cpp2" => LanguageCode::CPP,
            "go" => LanguageCode::GO,
            _ => LanguageCode::JAVA,
        };
        assert_eq!(command.language(), language, "{text}");
        let again = encode(&command);
        assert_eq!(decode(&again).expect("decodes"), command, "{text}");
        if name[0].starts_with("java") {
            assert_eq!(again, frame, "{text}: same bytes as Java's");
        }
    }
}
