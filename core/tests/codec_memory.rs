//! Measures how much of their frames' memory commands keep. Needs a process of its own.
#![cfg(target_os = "linux")]
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

use bytes::{Bytes, BytesMut};
use rocketmq_tower_core::{RemotingCodec, RemotingCommand};
use rocketmq_tower_test_support::{Process, decode, frame};
use tokio_util::codec::Decoder;

/// Decodes a frame whose bytes arrive in parts, as from a socket.
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

/// Runs the tests one after the other, as each would see the other's memory.
#[test]
fn memory_is_for_what_is_there() {
    repeated_ext_fields_take_room_once();
    a_kept_body_does_not_keep_a_long_header();
}

fn a_kept_body_does_not_keep_a_long_header() {
    let header = format!("{{\"remark\":\"{}\"}}", "x".repeat(4_000_000));
    let bytes = frame(0, header.as_bytes(), &[1; 2100]);
    let before = Process::own().resident().expect("Linux");
    let kept: Vec<Bytes> = (0..20).map(|_| receive(&bytes).take_body()).collect();
    let grown = Process::own().resident().expect("Linux").saturating_sub(before);
    assert!(grown < 16 << 20, "{} bodies hold {grown} bytes", kept.len());
}

/// A hundred ext fields, then almost 16 MiB of empty fields with the same empty name.
fn repeated_ext_fields_take_room_once() {
    let mut fields: Vec<u8> = (0..100).flat_map(|name| [0, 1, name, 0, 0, 0, 0]).collect();
    fields.resize(fields.len() + 6 * 2_700_000, 0);
    let mut header = vec![0; 17];
    header.extend((fields.len() as u32).to_be_bytes());
    header.extend(&fields);
    let bytes = frame(1, &header, b"");
    // Resets the peak value.
    std::fs::write("/proc/self/clear_refs", "5").expect("it is this process's own");
    let before = Process::own().resident().expect("Linux");
    let command = decode(&bytes).expect("sound");
    let grown = Process::own().peak().expect("Linux").saturating_sub(before);
    assert_eq!(command.ext_fields().len(), 101);
    // `decode` copies the frame.
    assert!(grown < 2 * bytes.len(), "{grown} bytes for a frame of {}", bytes.len());
}
