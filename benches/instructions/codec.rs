//! Counts the codec alone.

use crate::requests::REQUESTS;
use crate::support::frames::{self, SEND};
use bytes::BytesMut;
use gungraun::{library_benchmark, library_benchmark_group};
use rocketmq_tower::{RemotingCodec, RemotingCommand, SerializeType};
use std::hint::black_box;
use tokio_util::codec::{Decoder, Encoder};

fn request(header: SerializeType) -> RemotingCommand {
    frames::sized(SEND, header, 128)
}

fn answer(header: SerializeType) -> RemotingCommand {
    frames::answered(&request(header))
}

/// A read buffer with one frame after another.
fn many(command: RemotingCommand) -> BytesMut {
    BytesMut::from(&rocketmq_tower_test_support::encode(&command).repeat(REQUESTS)[..])
}

/// The command, and an empty buffer with room for all frames.
fn room(command: RemotingCommand) -> (RemotingCommand, BytesMut) {
    let bytes = rocketmq_tower_test_support::encode(&command).len() * REQUESTS;
    (command, BytesMut::with_capacity(bytes))
}

#[library_benchmark]
#[bench::request_json(many(request(SerializeType::Json)))]
#[bench::request_binary(many(request(SerializeType::RocketMq)))]
#[bench::answer_json(many(answer(SerializeType::Json)))]
#[bench::answer_binary(many(answer(SerializeType::RocketMq)))]
fn decode(mut bytes: BytesMut) -> BytesMut {
    let mut codec = RemotingCodec::new();
    for _ in 0..REQUESTS {
        let command = codec.decode(black_box(&mut bytes)).expect("decodes");
        black_box(command.expect("a whole frame"));
    }
    bytes
}

#[library_benchmark]
#[bench::request_json(room(request(SerializeType::Json)))]
#[bench::request_binary(room(request(SerializeType::RocketMq)))]
#[bench::answer_json(room(answer(SerializeType::Json)))]
#[bench::answer_binary(room(answer(SerializeType::RocketMq)))]
fn encode((command, mut bytes): (RemotingCommand, BytesMut)) -> (RemotingCommand, BytesMut) {
    let mut codec = RemotingCodec::new();
    for _ in 0..REQUESTS {
        codec.encode(black_box(&command), black_box(&mut bytes)).expect("encodes");
    }
    (command, bytes)
}

library_benchmark_group!(name = coding, benchmarks = [decode, encode]);
