//! Decoding and encoding of whole frames.
//!
//! A frame is decoded from a buffer that holds only that frame; making the buffer is not measured.
//! It is encoded into a buffer with enough room.
#![allow(clippy::expect_used, reason = "a benchmark")]

mod support;

use bytes::BytesMut;
use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use rocketmq_tower::{RemotingCodec, RemotingCommand};
use std::hint::black_box;
use support::frames::{self, HEADERS};
use tokio_util::codec::{Decoder, Encoder};

const BODIES: [usize; 5] = [0, 128, 4 * 1024, 64 * 1024, 4 * 1024 * 1024];

fn commands() -> Vec<(String, RemotingCommand)> {
    let mut commands = Vec::new();
    for (form, header) in HEADERS {
        for body in BODIES {
            let send = frames::sized(frames::SEND, header, body);
            commands.push((format!("send/{form}/{body}"), send));
        }
        let pull = frames::captured(frames::PULL, header);
        commands.push((format!("pull/{form}"), pull));
        let beat = frames::captured(frames::HEART_BEAT, header);
        commands.push((format!("heartbeat/{form}"), beat.clone()));
        let answer = frames::answered(&beat.with_body(""));
        commands.push((format!("response/{form}"), answer));
    }
    commands
}

/// Limits large buffers to few at a time.
fn batch(frame: &BytesMut) -> BatchSize {
    match frame.len() {
        0..100_000 => BatchSize::SmallInput,
        _ => BatchSize::NumIterations(8),
    }
}

fn decode(c: &mut Criterion) {
    let mut group = c.benchmark_group("decode");
    for (name, command) in commands() {
        let frame = rocketmq_tower_test_support::encode(&command);
        group.throughput(Throughput::Bytes(frame.len() as u64));
        group.bench_function(BenchmarkId::from_parameter(name), |bench| {
            let decode = |mut bytes: BytesMut| {
                // Returns the buffer with the command, so that dropping them is not measured.
                let command = RemotingCodec::new().decode(black_box(&mut bytes)).expect("decodes");
                (command, bytes)
            };
            bench.iter_batched(|| frame.clone(), decode, batch(&frame));
        });
    }
}

fn encode(c: &mut Criterion) {
    let mut group = c.benchmark_group("encode");
    for (name, command) in commands() {
        let mut bytes = rocketmq_tower_test_support::encode(&command);
        group.throughput(Throughput::Bytes(bytes.len() as u64));
        group.bench_function(BenchmarkId::from_parameter(name), |bench| {
            bench.iter(|| {
                bytes.clear();
                let encoded = RemotingCodec::new().encode(black_box(&command), &mut bytes);
                encoded.expect("encodes");
                black_box(&mut bytes);
            });
        });
    }
}

criterion_group!(benches, decode, encode);
criterion_main!(benches);
