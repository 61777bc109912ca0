//! Typed headers: decoded from ext fields, and encoded into them.
#![allow(clippy::expect_used, reason = "a benchmark")]

mod support;

use criterion::{Criterion, criterion_group, criterion_main};
use rocketmq_tower::message::SendHeader;
use rocketmq_tower::{RemotingCommand, RequestCode, SerializeType};
use serde::{Deserialize, Serialize};
use std::hint::black_box;
use support::frames;

/// The header of a pull request, as a user would write it.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Pull {
    consumer_group: String,
    topic: String,
    queue_id: i32,
    queue_offset: i64,
    max_msg_nums: i32,
    sys_flag: i32,
    commit_offset: i64,
    suspend_timeout_millis: i64,
    subscription: Option<String>,
    sub_version: i64,
}

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
        bench.iter(|| black_box(&pull).header::<Pull>().expect("a header"));
    });
    let header: Pull = pull.header().expect("a header");
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
