//! Tests frames and their limits.
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

use bytes::{Bytes, BytesMut};
use rocketmq_tower_core::codec::{DecodeError, EncodeError, ForeignProtocol};
use rocketmq_tower_core::{RemotingCodec, RemotingCommand, SerializeType};
use rocketmq_tower_test_support::{decode, encode, frame, hex, json};
use tokio_util::codec::{Decoder, Encoder};

#[track_caller]
fn error(bytes: &[u8]) -> String {
    let mut buffer = BytesMut::from(bytes);
    RemotingCodec::new().decode(&mut buffer).expect_err("an error").to_string()
}

/// In both directions, the largest length field is 16777212, so the largest frame is 16 MiB.
#[test]
fn the_limit_is_the_same_at_both_ends() {
    let fixed = json("{}").len();
    let limit = 16 * 1024 * 1024;
    let fits = frame(0, b"{}", &vec![7; limit - fixed]);
    assert_eq!(fits[..4], 16_777_212_u32.to_be_bytes());
    assert_eq!(decode(&fits).expect("fits").body().len(), limit - fixed);
    assert_eq!(
        error(&16_777_213_u32.to_be_bytes()),
        "a frame of 16777217 bytes exceeds the limit of 16777216"
    );

    let header = encode(&RemotingCommand::request(1)).len();
    let mut codec = RemotingCodec::new();
    let mut buffer = BytesMut::from("before");
    let command = RemotingCommand::request(1).with_body(vec![0; limit - header + 1]);
    let error = codec.encode(&command, &mut buffer).expect_err("too long");
    assert!(
        matches!(error, EncodeError::FrameTooLong { length: 16_777_217, max: 16_777_216 }),
        "{error}"
    );
    assert_eq!(&buffer[..], b"before", "nothing was written");
    let command = RemotingCommand::request(1).with_body(vec![0; limit - header]);
    codec.encode(&command, &mut buffer).expect("fits");
    assert_eq!(buffer.len(), 6 + limit);
}

#[test]
fn lengths_at_every_edge() {
    for length in 0..4_u32 {
        let expected = format!("a length field of {length} is too small, the minimum is 4");
        assert_eq!(error(&length.to_be_bytes()), expected);
    }
    for negative in [-1_i32, i32::MIN] {
        assert!(error(&negative.to_be_bytes()).contains("exceeds the limit"));
    }
    assert_eq!(error(&hex("00000004 00000000")), "malformed JSON header at byte 0: expected '{'");
    assert_eq!(error(&hex("00000004 01000000")), "the header's code needs 2 bytes, 0 are left");
    assert_eq!(
        error(&hex("00000006 00000003 7b7d")),
        "a header of 3 bytes does not fit into the 2 bytes of its frame"
    );
    for kind in [2, 127, 255] {
        assert_eq!(error(&frame(kind, b"{}", b"")), format!("unknown serialize type {kind}"));
    }
}

#[test]
fn other_protocols_are_named() {
    for (bytes, protocol) in [
        (&b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"[..], ForeignProtocol::Http2),
        (b"GET / HTTP/1.1\r\n\r\n", ForeignProtocol::Http1),
        (b"POST / HTTP/1.1\r\n\r\n", ForeignProtocol::Http1),
        (b"\x16\x03\x01\x02\x00\x01", ForeignProtocol::Tls),
        (b"PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\n", ForeignProtocol::Proxy),
        (b"\r\n\r\n\0\r\nQUIT\n", ForeignProtocol::Proxy),
    ] {
        let error = RemotingCodec::new().decode(&mut BytesMut::from(bytes)).expect_err("foreign");
        assert!(
            matches!(error, DecodeError::ForeignProtocol(found) if found == protocol),
            "{error}"
        );
    }
    // In the middle of a connection it is just an invalid length.
    let mut codec = RemotingCodec::new();
    let mut buffer = BytesMut::from(&json("{}")[..]);
    buffer.extend_from_slice(b"GET / HTTP/1.1\r\n\r\n");
    codec.decode(&mut buffer).expect("a frame").expect("complete");
    assert!(matches!(codec.decode(&mut buffer), Err(DecodeError::FrameTooLong { .. })));
}

#[test]
fn a_binary_header_is_checked_field_by_field() {
    // Code, language, version, opaque and flag take 13 bytes; then the remark's length follows.
    let head = "0069 00 01df 00000001 00000000";
    for (rest, expected) in [
        ("", "the header's remark needs 4 bytes, 0 are left"),
        ("00000005 6f6b", "the header's remark needs 5 bytes, 2 are left"),
        ("ffffffff", "the header's remark has a negative length: -1"),
        ("00000000", "the header's ext fields needs 4 bytes, 0 are left"),
        ("00000000 00000009 0001", "the header's ext fields needs 9 bytes, 2 are left"),
        ("00000000 00000001 00", "the header's ext field's name needs 2 bytes, 1 are left"),
        ("00000000 00000004 ffff 0000", "the header's ext field's name has a negative length: -1"),
        (
            "00000000 00000005 0001 61 0000",
            "the header's ext field's value needs 4 bytes, 2 are left",
        ),
        (
            "00000000 00000007 0001 61 ffffffff",
            "the header's ext field's value has a negative length: -1",
        ),
        (
            "00000000 00000008 0001 61 00000002 62",
            "the header's ext field's value needs 2 bytes, 1 are left",
        ),
        ("00000000 00000000 0000", "2 bytes follow the header's last field"),
    ] {
        let header = hex(&format!("{head}{rest}"));
        assert_eq!(error(&frame(1, &header, b"body")), expected, "{rest}");
    }
    let negative = hex(&format!("{head} 00000000 ffffffff"));
    assert!(!decode(&frame(1, &negative, b"")).expect("as for Java").ext_fields().is_present());
}

#[test]
fn a_binary_header_that_ends_early_names_the_field_that_it_cuts() {
    let head = hex("0069 00 01df 00000001 00000000 00000000");
    let ends =
        [("code", 2), ("language", 3), ("version", 5), ("opaque", 9), ("flag", 13), ("remark", 17)];
    let mut start = 0;
    for (field, end) in ends {
        for cut in start..end {
            let (needed, left) = (end - start, cut - start);
            let expected = format!("the header's {field} needs {needed} bytes, {left} are left");
            assert_eq!(error(&frame(1, &head[..cut], b"")), expected);
        }
        start = end;
    }
}

/// As in Java, invalid UTF-8 is replaced.
#[test]
fn texts_of_a_binary_header_that_are_not_utf8_are_replaced() {
    let head = "0069 00 01df 00000001 00000000";
    let header = hex(&format!("{head} 00000001 ff 0000000b 0002 6bfe 00000003 61ff62"));
    let command = decode(&frame(1, &header, b"")).expect("as for Java");
    assert_eq!(command.remark(), Some("\u{fffd}"));
    assert_eq!(command.ext_fields().get("k\u{fffd}"), Some("a\u{fffd}b"));
}

#[test]
fn a_limit_may_be_anything() {
    let limit = |bytes| RemotingCodec::new().with_max_frame_length(bytes).max_frame_length();
    assert_eq!((limit(7), limit(1 << 32)), (7, 1 << 32));
    assert_eq!(
        limit(usize::MAX) as u64,
        u64::from(u32::MAX) + 4,
        "the maximum of the length field"
    );
    for max in (0..64).chain([usize::MAX - 1, usize::MAX]) {
        for kind in [SerializeType::Json, SerializeType::RocketMq] {
            let mut codec = RemotingCodec::new().with_max_frame_length(max);
            let mut written = BytesMut::new();
            let command = RemotingCommand::request(1).with_serialize_type(kind);
            match codec.encode(&command, &mut written) {
                Ok(()) => assert!(written.len() <= max),
                Err(_) => assert!(written.is_empty()),
            }
            for claim in [0, 3, 4, 5, 60, 100, i32::MAX as u32, u32::MAX] {
                let mut buffer = BytesMut::from(&claim.to_be_bytes()[..]);
                _ = codec.clone().decode(&mut buffer);
                assert!(buffer.capacity() <= 128 * 1024, "{claim}");
            }
        }
    }
}

#[test]
fn any_split_of_the_bytes_gives_the_same_commands() {
    let mut stream = encode(&RemotingCommand::request(1).with_body("one"));
    stream.extend(encode(
        &RemotingCommand::request(2).with_body(vec![2; 3000]).with_ext_field("a", "b"),
    ));
    stream.extend(encode(&RemotingCommand::request(3)));
    for step in [1, 2, 3, 7, 64, 1000, stream.len()] {
        let mut codec = RemotingCodec::new();
        let mut buffer = BytesMut::new();
        let mut codes = Vec::new();
        for chunk in stream.chunks(step) {
            buffer.extend_from_slice(chunk);
            while let Some(command) = codec.decode(&mut buffer).expect("sound") {
                codes.push(command.code());
            }
        }
        assert_eq!((codes, buffer.len()), (vec![1, 2, 3], 0), "in steps of {step}");
    }
}

#[test]
fn an_end_inside_a_frame_says_how_far_it_came() {
    let bytes = json("{}");
    for have in 1..bytes.len() {
        let mut buffer = BytesMut::from(&bytes[..have]);
        let error = RemotingCodec::new().decode_eof(&mut buffer).expect_err("incomplete");
        let need = if have < 4 { 4 } else { bytes.len() };
        let expected = format!("the connection ended inside a frame, after {have} of {need} bytes");
        assert_eq!(error.to_string(), expected);
    }
    assert!(RemotingCodec::new().decode_eof(&mut BytesMut::new()).expect("an end").is_none());
}

/// A length field of 16 MiB reserves capacity step by step, as bytes arrive.
#[test]
fn room_is_never_reserved_on_the_peers_word() {
    let mut codec = RemotingCodec::new();
    let bytes = frame(0, b"{}", &vec![1; 16 * 1024 * 1024 - 10]);
    let mut buffer = BytesMut::new();
    let mut arrived = 0;
    for chunk in bytes.chunks(10_000) {
        buffer.extend_from_slice(chunk);
        arrived += chunk.len();
        let command = codec.decode(&mut buffer).expect("sound");
        assert!(
            buffer.capacity() <= 4 * arrived + 64 * 1024,
            "{} for {arrived}",
            buffer.capacity()
        );
        assert_eq!(command.is_some(), arrived == bytes.len());
    }
    assert!(buffer.capacity() <= 8 * 1024, "and given back: {}", buffer.capacity());
}

fn shares(body: &Bytes, buffer: &[u8]) -> bool {
    buffer.as_ptr_range().contains(&body.as_ptr())
}

#[test]
fn long_bodies_are_shared_and_short_ones_copied() {
    for (length, shared) in [(1, false), (2047, false), (2048, true), (7000, true)] {
        let mut buffer = BytesMut::with_capacity(8192);
        buffer.extend_from_slice(&frame(0, b"{}", &vec![5; length]));
        let before = buffer.as_ptr_range();
        let memory = before.start as usize..before.end as usize;
        let command = RemotingCodec::new().decode(&mut buffer).expect("sound").expect("complete");
        let at = command.body().as_ptr() as usize;
        assert_eq!(memory.contains(&at), shared, "{length}");
    }
}

#[test]
fn what_follows_a_long_frame_leaves_its_memory() {
    let mut buffer = BytesMut::from(&frame(0, b"{}", &vec![5; 100_000])[..]);
    buffer.extend_from_slice(&frame(0, b"{}", &[6; 4000]));
    let mut codec = RemotingCodec::new();
    let long = codec.decode(&mut buffer).expect("sound").expect("complete");
    let next = codec.decode(&mut buffer).expect("sound").expect("complete");
    let distance = (next.body().as_ptr() as usize).abs_diff(long.body().as_ptr() as usize);
    assert!(!shares(next.body(), long.body()) && distance != long.body().len() + 10);
}

/// The memory of a long frame is reused for the next one once no part of it is held any more.
#[test]
fn long_frames_take_turns_in_one_allocation() {
    let mut codec = RemotingCodec::new();
    let mut buffer = BytesMut::new();
    let mut receive = |length: usize| {
        for chunk in frame(0, b"{}", &vec![1; length]).chunks(4096) {
            codec.decode(&mut buffer).expect("sound");
            buffer.extend_from_slice(chunk);
        }
        let mut command = codec.decode(&mut buffer).expect("sound").expect("whole");
        assert_eq!((command.body().len(), buffer.len()), (length, 0));
        command.take_body()
    };
    let place = receive(1 << 20).as_ptr();
    let second = receive(1 << 20);
    assert_eq!(second.as_ptr(), place, "used again");
    let third = receive(1 << 20);
    assert_ne!(third.as_ptr(), place, "but not while it is held");
    assert!(second.iter().all(|byte| *byte == 1));
    let place = third.as_ptr();
    drop(third);
    assert_eq!(receive(800_000).as_ptr(), place, "reused by a shorter frame, too");
    let small = receive(100_000);
    drop(receive(1 << 20));
    assert!(
        small.iter().all(|byte| *byte == 1),
        "not reused by a much shorter frame, which would hold all of it"
    );
    assert_ne!(small.as_ptr(), place);
}
