//! Bad input ends only its own connection, with a reason that names the fault.
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

mod common;

use common::run;
use rocketmq_tower::layers::EventsLayer;
use rocketmq_tower::layers::events::Event;
use rocketmq_tower::{CloseReason, RemotingCommand, SerializeType, Server, service_fn};
use rocketmq_tower_test_support::{Raw, echo, encode, json, request, soon};
use tokio::io::AsyncWriteExt;

/// Builds a frame of these parts, valid or not.
fn raw_frame(length: u32, word: u32, rest: &[u8]) -> Vec<u8> {
    [&length.to_be_bytes()[..], &word.to_be_bytes(), rest].concat()
}

#[tokio::test]
async fn each_kind_of_bad_input_has_its_reason() {
    let (events, mut told) = EventsLayer::stream(64);
    let server = Server::new(service_fn(echo)).events(events).bind("127.0.0.1:0").await;
    let server = run(server.expect("binds"));
    let mut neighbour = Raw::connect(server.addr).await;
    neighbour.call(&request(1, 0)).await;
    soon(told.recv()).await.expect("the neighbour");

    let binary = encode(&request(1, 1).with_serialize_type(SerializeType::RocketMq));
    let mut wrong_word = binary.to_vec();
    wrong_word[7] -= 1;
    let table: Vec<(&str, Vec<u8>, &str)> = vec![
        ("length 0", vec![0; 4], "length field of 0 is too small"),
        ("length 1", raw_frame(1, 0, b""), "length field of 1 is too small"),
        ("length 3", raw_frame(3, 0, b""), "length field of 3 is too small"),
        ("length 4, empty JSON", raw_frame(4, 0, b""), "malformed JSON header at byte 0"),
        ("length 4, empty binary", raw_frame(4, 1 << 24, b""), "the header's code needs 2 bytes"),
        (
            "one too long",
            raw_frame(16_777_213, 0, b""),
            "16777217 bytes exceeds the limit of 16777216",
        ),
        ("length -1", raw_frame(u32::MAX, 0, b""), "exceeds the limit"),
        ("length -2^31", raw_frame(1 << 31, 0, b""), "exceeds the limit"),
        (
            "header longer than the frame",
            raw_frame(6, 100, b"{}"),
            "header of 100 bytes does not fit",
        ),
        ("type 2", raw_frame(6, 2 << 24 | 2, b"{}"), "unknown serialize type 2"),
        ("type 255", raw_frame(6, 255 << 24 | 2, b"{}"), "unknown serialize type 255"),
        ("no JSON", json(b"garbage"), "malformed JSON header at byte 0: expected '{'"),
        ("half JSON", json(b"{\"code\":1"), "malformed JSON header at byte 9"),
        ("no UTF-8", json(b"{\"remark\":\"\xc3\x28\"}"), "is not valid UTF-8 at byte 11"),
        ("code of 33 bits", json(b"{\"code\":4294967296}"), "the header's code is 4294967296"),
        ("binary, one byte short", wrong_word, "needs 4 bytes, 3 are left"),
        ("zeros", vec![0; 1000], "length field of 0 is too small"),
        ("HTTP/1", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n".to_vec(), "the peer speaks HTTP/1"),
        ("HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(), "the peer speaks HTTP/2 (gRPC?)"),
        ("TLS", b"\x16\x03\x01\x02\x00\x01\x00".to_vec(), "the peer speaks TLS"),
        ("half a frame", json(b"{}")[..9].to_vec(), "ended inside a frame, after 9 of 10 bytes"),
    ];
    for (name, bytes, expected) in table {
        let mut client = Raw::connect(server.addr).await;
        client.io.write_all(&bytes).await.expect("open");
        client.io.shutdown().await.expect("open");
        assert!(client.next_or_end().await.is_none(), "{name}: closed without an answer");
        assert_eq!(soon(told.recv()).await.expect("an event").name(), "CONNECTED");
        let Some(Event::Exception(_, CloseReason::Protocol(error))) = soon(told.recv()).await
        else {
            panic!("{name}: no exception");
        };
        assert!(error.to_string().contains(expected), "{name}: {error}");
        assert_eq!(soon(told.recv()).await.expect("an event").name(), "DISCONNECTED");
        assert_eq!(neighbour.call(&request(1, 5)).await.opaque(), 5, "{name}");
    }
    server.stop().await;
}

#[tokio::test]
async fn the_longest_frame_passes() {
    let server = common::echo_server().await;
    let mut client = Raw::connect(server.addr).await;
    let ask = |length: usize| request(1, 1).with_body(vec![7; length]);
    let fixed = encode(&ask(0)).len();
    let longest = ask(16 * 1024 * 1024 - fixed);
    assert_eq!(encode(&longest)[..4], 16_777_212_u32.to_be_bytes());
    assert_eq!(client.call(&longest).await.body().len(), longest.body().len());
    server.stop().await;
}

#[tokio::test]
async fn frames_may_come_byte_by_byte() {
    let server = common::echo_server().await;
    let mut client = Raw::connect(server.addr).await;
    client.io.set_nodelay(true).expect("open");
    for byte in encode(&request(1, 9).with_body("slow")) {
        client.io.write_all(&[byte]).await.expect("open");
        tokio::task::yield_now().await;
    }
    assert_eq!(client.next().await.expect("an answer").opaque(), 9);
    server.stop().await;
}

/// Responses without a waiting call, and requests for codes that do not exist.
#[tokio::test]
async fn odd_but_sound_frames_do_no_harm() {
    let server = common::echo_server().await;
    let mut client = Raw::connect(server.addr).await;
    client.send(&RemotingCommand::response(0)).await;
    client.send(&request(1, 1).with_flag(3)).await;
    client.io.write_all(&json(b"{}")).await.expect("open");
    assert_eq!(client.next().await.expect("code 0, opaque 0").opaque(), 0);
    assert_eq!(client.call(&request(i32::MIN, i32::MAX)).await.opaque(), i32::MAX);
    server.stop().await;
}
