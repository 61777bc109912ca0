//! Random mixes of sizes, speeds and directions: every request and every call gets its response,
//! and no task waits for a wake-up that never comes. Sizes and speeds derive from a seed, which a
//! failure reports.
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

mod common;

use bytes::BytesMut;
use common::{Running, start_client_with, start_with};
use rocketmq_tower_core::driver::ConnectionConfig;
use rocketmq_tower_core::{BoxError, RemotingCodec, RemotingCommand};
use rocketmq_tower_test_support::{Dice, answer, encode, request, within};
use std::collections::HashSet;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt, ReadHalf};
use tokio::sync::mpsc;
use tokio::time::sleep;
use tokio_util::codec::Decoder;
use tower::service_fn;

/// The time limit of a mix.
const HOUR: Duration = Duration::from_secs(3600);

/// Returns a random size, usually small and sometimes large.
fn size(dice: &mut Dice) -> usize {
    let bits = dice.below(18);
    dice.below(1 << bits) as usize
}

async fn pause(dice: &mut Dice) {
    match dice.below(4) {
        0 => sleep(dice.millis(0..50)).await,
        1 => tokio::task::yield_now().await,
        _ => {}
    }
}

/// Reads at its own pace. Responds to the driver's requests, and collects the opaques of the
/// driver's responses.
async fn read(
    mut reader: ReadHalf<tokio::io::DuplexStream>,
    to_send: mpsc::UnboundedSender<RemotingCommand>,
    mut dice: Dice,
    requests: usize,
    calls: usize,
) -> HashSet<i32> {
    let mut codec = RemotingCodec::new();
    let mut buffer = BytesMut::new();
    let mut answered = HashSet::new();
    let mut asked = 0;
    while answered.len() < requests || asked < calls {
        let mut chunk = vec![0; 64 + size(&mut dice)];
        let length = reader.read(&mut chunk).await.expect("open");
        assert_ne!(length, 0, "the driver ended after {} answers, {asked} calls", answered.len());
        buffer.extend_from_slice(&chunk[..length]);
        while let Some(command) = codec.decode(&mut buffer).expect("sound") {
            if command.is_response() {
                assert!(answered.insert(command.opaque()), "answered twice");
            } else {
                asked += 1;
                let answer = answer(command.opaque()).with_body(vec![0; command.body().len()]);
                to_send.send(answer).expect("the writer runs");
            }
        }
        pause(&mut dice).await;
    }
    answered
}

async fn run(seed: u64, client: bool, config: ConnectionConfig) {
    let mut dice = Dice::new(seed);
    let (requests, calls) = (60, 20);
    let mut service_dice = dice.fork();
    let service = service_fn(move |request: RemotingCommand| {
        let mut dice = service_dice.fork();
        async move {
            pause(&mut dice).await;
            let body = vec![0; size(&mut dice)];
            Ok::<_, BoxError>(RemotingCommand::response(request.code()).with_body(body))
        }
    });
    let pipe = 64 + size(&mut dice);
    let Running { peer, channel, task } = match client {
        true => start_client_with(service, config, pipe),
        false => start_with(service, config, pipe),
    };
    let (reader, mut writer) = tokio::io::split(peer.io);
    let (to_send, mut outbox) = mpsc::unbounded_channel();
    for opaque in 0..requests {
        to_send.send(request(1, opaque).with_body(vec![0; size(&mut dice)])).expect("open");
    }
    let own_calls: Vec<_> = (0..calls)
        .map(|opaque| {
            let (channel, mut dice) = (channel.clone(), dice.fork());
            tokio::spawn(async move {
                pause(&mut dice).await;
                let body = vec![0; size(&mut dice)];
                let length = body.len();
                let call = request(2, opaque).with_body(body);
                let answer = channel.invoke(call, HOUR).await.expect("answered");
                assert_eq!((answer.opaque(), answer.body().len()), (opaque, length));
            })
        })
        .collect();
    let mut writing = dice.fork();
    let write = tokio::spawn(async move {
        while let Some(command) = outbox.recv().await {
            for chunk in encode(&command).chunks(64 + size(&mut writing)) {
                writer.write_all(chunk).await.expect("open");
                pause(&mut writing).await;
            }
        }
        writer
    });
    let read = read(reader, to_send, dice, requests as usize, calls as usize);
    assert!((0..requests).all({
        let answered = within(HOUR, read).await;
        move |opaque| answered.contains(&opaque)
    }));
    for call in own_calls {
        within(HOUR, call).await.expect("no panic");
    }
    drop(within(HOUR, write).await.expect("no panic"));
    within(HOUR, task).await.expect("no panic").expect("infallible");
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
