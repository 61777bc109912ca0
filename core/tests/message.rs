//! Stored messages, batches and ids: bytes that Java wrote, and malformed bytes.
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

use bytes::BytesMut;
use rocketmq_tower_core::message::{
    BatchedMessage, Message, MessageError, MessageId, MessageOutline, Position, Properties,
    StoredMessage, is_intact, sys_flag,
};
use rocketmq_tower_test_support::{captured, hex};
use std::net::{Ipv6Addr, SocketAddr};

/// Java's encoding of [`message`].
const STORED: &str = "
    0000007a daa320a7 3610a686 00000003 00000009 0000000000000005 00000000000004d2 00000000 0000018bcfe56800 7f000001
    0000d431 0000018bcfe5687b 7f000001 00002a9f 00000001 0000000000000000 00000005 68656c6c6f 06 546f70696341 0014
    636f6c6f7201726564025441475301546167 4102";

fn message() -> StoredMessage<'static> {
    StoredMessage {
        queue_id: 3,
        flag: 9,
        queue_offset: 5,
        commit_log_offset: 1234,
        sys_flag: 0,
        born_timestamp: 1_700_000_000_000,
        born_host: ([127, 0, 0, 1], 54321).into(),
        store_timestamp: 1_700_000_000_123,
        store_host: ([127, 0, 0, 1], 10911).into(),
        reconsume_times: 1,
        prepared_transaction_offset: 0,
        body: b"hello",
        topic: "TopicA",
        properties: Properties::new("color\x01red\x02TAGS\x01TagA\x02"),
    }
}

fn v6(port: u16) -> SocketAddr {
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1), port).into()
}

fn encoded(message: &StoredMessage<'_>) -> BytesMut {
    let mut bytes = BytesMut::new();
    message.encode(&mut bytes).expect("fits");
    assert_eq!(bytes.len(), message.encoded_len());
    bytes
}

#[test]
fn stored_messages_are_javas_byte_for_byte() {
    let bytes = hex(STORED);
    assert_eq!(StoredMessage::decode(&bytes), Ok((message(), &[][..])));
    assert_eq!(encoded(&message()), bytes);
    assert_eq!(is_intact(&bytes), Ok(true));
    assert_eq!(message().id().to_string(), "7F00000100002A9F00000000000004D2");
}

/// Captured from a broker that Node's client pulled from.
#[test]
fn a_captured_pull_holds_a_message() {
    let answer = captured("node server PULL_MESSAGE");
    let messages: Result<Vec<_>, _> = StoredMessage::decode_all(answer.body()).collect();
    let messages = messages.expect("messages");
    assert_eq!(messages.len(), 1);
    assert_eq!((messages[0].topic, messages[0].queue_id), ("T1", 3));
    assert!(messages[0].body.starts_with(b"plain "));
    assert_eq!(messages[0].properties.get("TAGS"), Some("tag0"));
    assert_eq!(encoded(&messages[0]), answer.body());
}

#[test]
fn topics_beyond_127_bytes_have_the_second_form() {
    let (short, long, longest) = ("t".repeat(127), "t".repeat(128), "é".repeat(16_383));
    for (topic, magic, extra) in [(&short, 0xA7, 0), (&long, 0xAB, 1), (&longest, 0xAB, 1)] {
        let message = StoredMessage { topic, ..message() };
        let bytes = encoded(&message);
        assert_eq!(bytes[7], magic);
        assert_eq!(bytes.len(), hex(STORED).len() - "TopicA".len() + topic.len() + extra);
        assert_eq!(StoredMessage::decode(&bytes), Ok((message, &[][..])));
    }
}

#[test]
fn ipv6_hosts_set_their_bits_and_ipv4_hosts_clear_them() {
    let v4: SocketAddr = ([10, 0, 0, 1], 1).into();
    for (born_host, store_host, bits, extra) in [
        (v4, v4, 0, 0),
        (v6(65_535), v4, sys_flag::BORN_HOST_V6, 12),
        (v4, v6(0), sys_flag::STORE_HOST_V6, 12),
        (v6(1), v6(2), sys_flag::BORN_HOST_V6 | sys_flag::STORE_HOST_V6, 24),
    ] {
        let wrong = sys_flag::COMPRESSED | (bits ^ 0x30);
        let message = StoredMessage { born_host, store_host, sys_flag: wrong, ..message() };
        let bytes = encoded(&message);
        assert_eq!(bytes.len(), hex(STORED).len() + extra);
        let right = StoredMessage { sys_flag: sys_flag::COMPRESSED | bits, ..message };
        assert_eq!(StoredMessage::decode(&bytes), Ok((right, &[][..])));
    }
}

#[test]
fn a_position_is_written_into_the_encoded_message() {
    let position =
        Position { queue_offset: i64::MAX, commit_log_offset: 4096, store_timestamp: 17 };
    for born_host in [message().born_host, v6(9)] {
        let sys_flag = if born_host.is_ipv6() { sys_flag::BORN_HOST_V6 } else { 0 };
        let message = StoredMessage { born_host, sys_flag, ..message() };
        let mut bytes = encoded(&message);
        bytes.extend_from_slice(b"what follows");
        position.write_to(&mut bytes).expect("a message");
        let moved = StoredMessage {
            queue_offset: i64::MAX,
            commit_log_offset: 4096,
            store_timestamp: 17,
            ..message
        };
        assert_eq!(StoredMessage::decode(&bytes), Ok((moved, &b"what follows"[..])));
        assert_eq!(is_intact(&bytes), Ok(true));
    }
}

#[test]
fn a_changed_body_is_not_intact_and_still_read() {
    let mut bytes = hex(STORED);
    let at = bytes.windows(5).position(|window| window == b"hello").expect("the body");
    bytes[at] = b'j';
    assert_eq!(is_intact(&bytes), Ok(false));
    assert_eq!(StoredMessage::decode(&bytes).expect("a message").0.body, b"jello");
}

#[test]
fn many_messages_are_read_up_to_the_first_bad_one() {
    let (one, mut bad) = (hex(STORED), hex(STORED));
    bad[4..8].fill(0);
    let bytes = [&one[..], &one, &bad, &one].concat();
    let results: Vec<_> = StoredMessage::decode_all(&bytes).collect();
    assert_eq!(results, [Ok(message()), Ok(message()), Err(MessageError::UnknownMagic(0))]);
    assert_eq!(StoredMessage::decode_all(b"").count(), 0);
}

/// Truncated messages, both with a size field that matches and with one that does not.
#[test]
fn a_message_that_is_cut_off_anywhere_is_an_error() {
    let position = Position { queue_offset: 0, commit_log_offset: 0, store_timestamp: 0 };
    let long = "t".repeat(128);
    for message in [
        message(),
        StoredMessage { topic: &long, ..message() },
        StoredMessage { born_host: v6(1), store_host: v6(2), ..message() },
    ] {
        let whole = encoded(&message);
        for length in 0..whole.len() {
            let mut cut = whole[..length].to_vec();
            for _ in 0..2 {
                StoredMessage::decode(&cut).expect_err("cut off");
                is_intact(&cut).expect_err("cut off");
                MessageOutline::of(&cut).expect_err("cut off");
                let before = cut.clone();
                position.write_to(&mut cut).expect_err("cut off");
                assert_eq!(cut, before);
                if length >= 4 {
                    cut[..4].copy_from_slice(&(length as u32).to_be_bytes());
                }
            }
        }
    }
}

#[test]
fn what_is_wrong_is_named() {
    let damaged = |at: usize, with: &[u8]| {
        let mut bytes = hex(STORED);
        bytes[at..at + with.len()].copy_from_slice(with);
        StoredMessage::decode(&bytes).expect_err("damaged").to_string()
    };
    let topic = 88 + 5;
    for (at, with, expected) in [
        (
            0,
            &[0, 0, 0, 3][..],
            "a message size of 3 is too small, the size field alone has 4 bytes",
        ),
        (
            0,
            &[0x80, 0, 0, 0],
            "a message size of -2147483648 is too small, the size field alone has 4 bytes",
        ),
        (0, &[0, 0, 0, 0x7b], "the message's rest needs 119 bytes, 118 are left"),
        (0, &[0, 0, 0, 0x79], "the message's properties needs 20 bytes, 19 are left"),
        (4, &[0xcb, 0xd4, 0x31, 0x94], "unknown message format: magic 0xcbd43194"),
        (52, &[0, 1, 0, 0], "the message's born host has an invalid port: 65536"),
        (68, &[0xff; 4], "the message's store host has an invalid port: -1"),
        (84, &[0xff; 4], "the message's body has a negative length: -1"),
        (topic, &[0x80], "the message's topic has a negative length: -128"),
        (topic + 2, &[0xff], "the message's topic is not valid UTF-8 at byte 1"),
        (topic + 7, &[0xff, 0xff], "the message's properties has a negative length: -1"),
        (topic + 7, &[0, 0x13], "1 bytes follow the message's last field"),
    ] {
        assert_eq!(damaged(at, with), expected);
    }
}

#[test]
fn what_does_not_fit_is_not_written() {
    let text = "x".repeat(32_768);
    let properties = Properties::new(&text);
    let mut bytes = BytesMut::new();
    for (message, field) in [
        (StoredMessage { topic: &text, ..message() }, "topic"),
        (StoredMessage { properties, ..message() }, "properties"),
    ] {
        let error = MessageError::TooLong { field, length: 32_768, max: 32_767 };
        assert_eq!(message.encode(&mut bytes), Err(error));
    }
    let batched = BatchedMessage { flag: 0, body: b"", properties };
    let error = MessageError::TooLong { field: "properties", length: 32_768, max: 32_767 };
    assert_eq!(batched.encode(&mut bytes), Err(error));
    assert!(bytes.is_empty());
}

/// Java's encoding of a batch of two messages.
const BATCH: &str = "
    00000035 00000000 00000000 00000000 00000003 6f6e65 001c 4b455953014b31025741495401747275650254414753015461674102
    00000023 00000000 00000000 00000000 00000003 74776f 000a 57414954017472756502";

#[test]
fn batches_are_javas_byte_for_byte() {
    let bytes = hex(BATCH);
    let batch: Result<Vec<_>, _> = BatchedMessage::decode_all(&bytes).collect();
    let one = Properties::new("KEYS\x01K1\x02WAIT\x01true\x02TAGS\x01TagA\x02");
    let two = Properties::new("WAIT\x01true\x02");
    let expected = [
        BatchedMessage { flag: 0, body: b"one", properties: one },
        BatchedMessage { flag: 0, body: b"two", properties: two },
    ];
    assert_eq!(batch.as_deref(), Ok(&expected[..]));
    let mut again = BytesMut::new();
    for message in &expected {
        message.encode(&mut again).expect("fits");
    }
    assert_eq!(again, bytes);
}

#[test]
fn a_batch_that_is_cut_off_anywhere_is_an_error() {
    let whole = hex(BATCH);
    for length in 1..whole.len() {
        let results: Vec<_> = BatchedMessage::decode_all(&whole[..length]).collect();
        let sound = usize::from(length >= 0x35);
        assert_eq!(results.iter().filter(|result| result.is_ok()).count(), sound);
        assert_eq!(results.len(), if length == 0x35 { 1 } else { sound + 1 });
    }
}

#[test]
fn ids_are_javas_text() {
    let v4 = MessageId { host: ([127, 0, 0, 1], 10911).into(), commit_log_offset: 1234 };
    let v6 = MessageId { host: v6(65_535), commit_log_offset: -1 };
    for (id, text) in [
        (v4, "7F00000100002A9F00000000000004D2"),
        (v6, "20010DB80000000000000000000000010000FFFFFFFFFFFFFFFFFFFF"),
    ] {
        assert_eq!(id.to_string(), text);
        assert_eq!(text.parse(), Ok(id));
        assert_eq!(text.to_lowercase().parse(), Ok(id));
    }
}

#[test]
fn what_is_no_id_is_an_error() {
    for text in [
        "",
        "7F00000100002A9F00000000000004D",
        "7F00000100002A9F00000000000004D21",
        "7F0000010001000000000000000004D2",
        "+F00000100002A9F00000000000004D2",
        "7F00000100002A9F+0000000000004D2",
        "7F00000100002A9F0000000000000 D2",
        "é00000100002A9F00000000000004D2",
    ] {
        text.parse::<MessageId>().expect_err(text);
    }
}

#[test]
fn a_message_becomes_a_send_or_a_part_of_a_batch() {
    let mut message =
        Message::new("TopicA", "hello").tag("a").keys(["k1", "k2"]).property("color", "red");
    message.flag = 9;
    assert_eq!(
        message.properties.as_properties().as_str(),
        "TAGS\x01a\x02KEYS\x01k1 k2\x02color\x01red\x02"
    );
    let header = message.header("producers", 3);
    assert_eq!((header.topic, header.queue_id, header.flag), ("TopicA", 3, 9));
    assert_eq!(header.properties.get("color"), Some("red"));
    let delayed = Message::new("TopicA", "later").delay_level(3);
    assert_eq!(delayed.properties.get("DELAY"), Some("3"));

    let batch = Message::batch(&[message.clone(), delayed]).expect("it fits");
    assert_eq!((batch.topic.as_str(), batch.flag), ("TopicA", 0));
    let parts: Vec<_> =
        BatchedMessage::decode_all(&batch.body).collect::<Result<_, _>>().expect("whole");
    assert_eq!(parts.iter().map(|part| part.body).collect::<Vec<_>>(), [&b"hello"[..], b"later"]);
    assert_eq!((parts[0].flag, parts[0].properties.get("KEYS")), (9, Some("k1 k2")));
    let long = message.property("long", &"x".repeat(32767));
    assert!(matches!(Message::batch(&[long]), Err(MessageError::TooLong { .. })));
}
