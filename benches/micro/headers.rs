//! Typed headers: decoded from ext fields, and encoded into them.
#![allow(clippy::expect_used, reason = "a benchmark")]

mod support;

use criterion::{Criterion, criterion_group, criterion_main};
use rocketmq_tower::message::SendHeader;
use rocketmq_tower::protocol::PullMessageRequestHeader;
use rocketmq_tower::{RemotingCommand, RequestCode, SerializeType};
use std::hint::black_box;
use support::frames;

fn headers(c: &mut Criterion) {
    let mut group = c.benchmark_group("headers");
    let send = frames::captured(frames::SEND, SerializeType::RocketMq);
    group.bench_function("send/read", |bench| {
        bench.iter(|| SendHeader::read(black_box(&send)).expect("a header").born_timestamp);
    });
    let header = SendHeader::read(&send).expect("a header");
    group.bench_function("send/write", |bench| bench.iter(|| black_box(&header).request()));

    let pull = frames::captured(frames::PULL, SerializeType::RocketMq);
    group.bench_function("pull/read", |bench| {
        bench.iter(|| {
            black_box(&pull).header::<PullMessageRequestHeader<&str>>().expect("a header")
        });
    });
    let header: PullMessageRequestHeader<&str> = pull.header().expect("a header");
    group.bench_function("pull/write", |bench| {
        bench.iter(|| {
            RemotingCommand::request(RequestCode::PULL_MESSAGE)
                .with_header(black_box(&header))
                .expect("fits")
        });
    });
}

criterion_group!(benches, headers);
criterion_main!(benches);
