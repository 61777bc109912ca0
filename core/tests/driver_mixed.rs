//! Any mix of sizes, speeds and directions: every request and every call is answered, and nobody
//! waits for a wake-up that never comes. Sizes and speeds follow from a seed; a failure names it.
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

mod common;

use bytes::BytesMut;
use common::driver::{Running, request, soon, start_client_with, start_with};
use rocketmq_tower_core::driver::ConnectionConfig;
use rocketmq_tower_core::{BoxError, RemotingCodec, RemotingCommand, ResponseCode};
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt, ReadHalf};
use tokio::sync::mpsc;
use tokio::time::sleep;
use tokio_util::codec::Decoder;
use tower::service_fn;

/// Numbers that look random and follow from the seed.
#[derive(Clone)]
struct Dice(Arc<AtomicU64>);

impl Dice {
    fn below(&self, bound: u64) -> u64 {
        let step = 0x9e37_79b9_7f4a_7c15;
        let mut x = self.0.fetch_add(step, Ordering::Relaxed).wrapping_add(step);
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (x ^ (x >> 31)) % bound
    }

    /// Small mostly, large at times.
    fn size(&self) -> usize {
        let bits = self.below(18);
        self.below(1 << bits) as usize
    }

    async fn pause(&self) {
        match self.below(4) {
            0 => sleep(Duration::from_millis(self.below(50))).await,
            1 => tokio::task::yield_now().await,
            _ => {}
        }
    }
}

/// Reads at its own pace; answers what the driver asks, and collects the opaques that the driver
/// answers.
async fn read(
    mut reader: ReadHalf<tokio::io::DuplexStream>,
    to_send: mpsc::UnboundedSender<RemotingCommand>,
    dice: Dice,
    requests: usize,
    calls: usize,
) -> HashSet<i32> {
    let mut codec = RemotingCodec::new();
    let mut buffer = BytesMut::new();
    let mut answered = HashSet::new();
    let mut asked = 0;
    while answered.len() < requests || asked < calls {
        let mut chunk = vec![0; 64 + dice.size()];
        let length = reader.read(&mut chunk).await.expect("open");
        assert_ne!(length, 0, "the driver ended after {} answers, {asked} calls", answered.len());
        buffer.extend_from_slice(&chunk[..length]);
        while let Some(command) = codec.decode(&mut buffer).expect("sound") {
            if command.is_response() {
                assert!(answered.insert(command.opaque()), "answered twice");
            } else {
                asked += 1;
                let mut answer = RemotingCommand::response(ResponseCode::SUCCESS)
                    .with_body(vec![0; command.body().len()]);
                answer.set_opaque(command.opaque());
                to_send.send(answer).expect("the writer runs");
            }
        }
        dice.pause().await;
    }
    answered
}

async fn run(seed: u64, client: bool, config: ConnectionConfig) {
    let dice = Dice(Arc::new(AtomicU64::new(seed.wrapping_mul(0xd134_2543_de82_ef95))));
    let (requests, calls) = (60, 20);
    let service_dice = dice.clone();
    let service = service_fn(move |request: RemotingCommand| {
        let dice = service_dice.clone();
        async move {
            dice.pause().await;
            let body = vec![0; dice.size()];
            Ok::<_, BoxError>(RemotingCommand::response(request.code()).with_body(body))
        }
    });
    let pipe = 64 + dice.size();
    let Running { peer, channel, task } = match client {
        true => start_client_with(service, config, pipe),
        false => start_with(service, config, pipe),
    };
    let (reader, mut writer) = tokio::io::split(peer.framed.into_inner());
    let (to_send, mut outbox) = mpsc::unbounded_channel();
    for opaque in 0..requests {
        to_send.send(request(1, opaque).with_body(vec![0; dice.size()])).expect("open");
    }
    let own_calls: Vec<_> = (0..calls)
        .map(|opaque| {
            let (channel, dice) = (channel.clone(), dice.clone());
            tokio::spawn(async move {
                dice.pause().await;
                let body = vec![0; dice.size()];
                let length = body.len();
                let call = request(2, opaque).with_body(body);
                let answer =
                    channel.invoke(call, Duration::from_secs(3600)).await.expect("answered");
                assert_eq!((answer.opaque(), answer.body().len()), (opaque, length));
            })
        })
        .collect();
    let writing = dice.clone();
    let write = tokio::spawn(async move {
        while let Some(command) = outbox.recv().await {
            for chunk in common::encode(&command).chunks(64 + writing.size()) {
                writer.write_all(chunk).await.expect("open");
                writing.pause().await;
            }
        }
        writer
    });
    let read = read(reader, to_send, dice, requests as usize, calls as usize);
    assert!((0..requests).all({
        let answered = soon(read).await;
        move |opaque| answered.contains(&opaque)
    }));
    for call in own_calls {
        soon(call).await.expect("no panic");
    }
    drop(soon(write).await.expect("no panic"));
    soon(task).await.expect("no panic").expect("infallible");
    assert!(channel.is_closed());
}

#[tokio::test(start_paused = true)]
async fn a_server_answers_every_mix() {
    for seed in 0..150 {
        let mut config = ConnectionConfig::server();
        config.max_in_flight = 1 + (seed as usize % 5) * 3;
        config.max_queued_requests = 70;
        config.write_high_water = 1 << (seed % 17);
        eprintln!("seed {seed}");
        run(seed, false, config).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_answers_every_mix() {
    for seed in 1000..1100 {
        let mut config = ConnectionConfig::client();
        config.max_in_flight = 100;
        config.max_queued_requests = 70;
        config.write_high_water = 1 << (seed % 17);
        eprintln!("seed {seed}");
        run(seed, true, config).await;
    }
}
