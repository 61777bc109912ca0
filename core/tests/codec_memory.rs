//! What commands hold of the frames that they came in. A process of its own, whose memory is
//! measured.
#![cfg(target_os = "linux")]
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

mod common;

use bytes::{Bytes, BytesMut};
use common::{decode, frame};
use rocketmq_tower_core::{RemotingCodec, RemotingCommand};
use tokio_util::codec::Decoder;

fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/statm").expect("Linux");
    let pages: usize = status.split(' ').nth(1).expect("a field").parse().expect("a number");
    pages * 4096
}

/// Decodes a frame whose bytes arrive as from a socket.
fn receive(bytes: &[u8]) -> RemotingCommand {
    let mut codec = RemotingCodec::new();
    let mut buffer = BytesMut::with_capacity(8192);
    for chunk in bytes.chunks(4096) {
        buffer.extend_from_slice(chunk);
        if let Some(command) = codec.decode(&mut buffer).expect("sound") {
            return command;
        }
    }
    panic!("the frame is incomplete");
}

/// One test after the other: each would see the other's memory.
#[test]
fn memory_is_for_what_is_there() {
    a_kept_body_does_not_keep_a_long_header();
    repeated_ext_fields_take_room_once();
}

fn a_kept_body_does_not_keep_a_long_header() {
    let header = format!("{{\"remark\":\"{}\"}}", "x".repeat(4_000_000));
    let bytes = frame(0, header.as_bytes(), &[1; 2100]);
    let before = resident();
    let kept: Vec<Bytes> = (0..20).map(|_| receive(&bytes).take_body()).collect();
    let grown = resident().saturating_sub(before);
    assert!(grown < 16 << 20, "{} bodies hold {grown} bytes", kept.len());
}

/// Almost 16 MiB of empty fields with the same empty name.
fn repeated_ext_fields_take_room_once() {
    let fields = vec![0; 6 * 2_700_000];
    let mut header = vec![0; 17];
    header.extend((fields.len() as u32).to_be_bytes());
    header.extend(&fields);
    let bytes = frame(1, &header, b"");
    let before = resident();
    let command = decode(&bytes).expect("sound");
    let grown = resident().saturating_sub(before);
    assert_eq!(command.ext_fields().len(), 1);
    assert!(grown < 2 * bytes.len(), "{grown} bytes of a frame of {}", bytes.len());
}
