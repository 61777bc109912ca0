//! Peers that send large requests faster than they are answered: the memory is bounded, everyone is
//! served in turn, and small requests of others go on.
//!
//! `--nocapture` shows the figures.

use crate::child::{Kind, SLOW, Served};
use rocketmq_tower_test_support::{Raw, encode, request, within};
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::io::AsyncWriteExt;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

const MIB: usize = 1 << 20;

/// Long enough for slow machines.
const LIMIT: Duration = Duration::from_secs(120);

fn large(bytes: usize) -> Vec<u8> {
    encode(&request(SLOW, 7).with_body(vec![0; bytes])).to_vec()
}

/// Sends this frame again and again, and tells `answered` of each response.
async fn flood(addr: SocketAddr, frame: &'static [u8], answered: UnboundedSender<()>) {
    let (reader, mut writer) = Raw::connect(addr).await.io.into_split();
    let sending = tokio::spawn(async move { while writer.write_all(frame).await.is_ok() {} });
    let mut peer = Raw::new(tokio::io::join(reader, tokio::io::sink()));
    while let Ok(Some(response)) = peer.try_next().await {
        assert_eq!(response.code(), 0);
        if answered.send(()).is_err() {
            break;
        }
    }
    sending.abort();
}

/// 100 peers each pipeline requests of 16 MiB that take a second, which would be 100 GiB.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn memory_is_bounded_and_small_requests_go_on() {
    let server = Served::with(Kind::Default, 4096, 4096);
    let mut other = Raw::connect(server.addr).await;
    other.call(&request(1, 0)).await;
    let before = server.process().peak().expect("it runs");

    let frame = large(16 * MIB - 200).leak();
    let (answered, mut answers) = unbounded_channel();
    for _ in 0..100 {
        tokio::spawn(flood(server.addr, frame, answered.clone()));
    }
    // Until six seconds of requests are answered, 16 at a time.
    let (mut large, mut times) = (0, Vec::new());
    within(LIMIT, async {
        while large < 96 {
            let start = Instant::now();
            let response = other.call(&request(1, 3).with_body(vec![1; 1000])).await;
            assert_eq!(response.body().len(), 1000);
            times.push(start.elapsed());
            while answers.try_recv().is_ok() {
                large += 1;
            }
        }
    })
    .await;
    times.sort_unstable();
    let (median, max) = (times[times.len() / 2], times[times.len() - 1]);
    let grown = server.process().peak().expect("it runs") - before;
    println!(
        "100 peers pipeline 16 MiB: {} MiB more at the peak; {} small requests of another peer took {median:?} \
         (median), {max:?} (maximum)",
        grown / MIB,
        times.len()
    );
    // The budget, the frame of the turn, the own bytes of 100 connections, and allocations that the
    // thread keeps for later frames.
    assert!(grown < (256 + 16 + 13 + 60) * MIB, "{} MiB", grown / MIB);
}

/// Four of the requests fit into the budget. All are half read when it is used up.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_small_budget_serves_all_in_turn() {
    let server = Served::with(Kind::SmallBudget, 4096, 4096);
    let before = server.process().peak().expect("it runs");
    let frame = large(15 * MIB);
    let peers: Vec<_> = (0..20)
        .map(|_| {
            let (addr, frame) = (server.addr, frame.clone());
            tokio::spawn(async move {
                let mut peer = Raw::connect(addr).await;
                peer.io.write_all(&frame).await.expect("open");
                peer.try_next().await.expect("sound").expect("a response").opaque()
            })
        })
        .collect();
    let start = Instant::now();
    for peer in peers {
        assert_eq!(within(LIMIT, peer).await.expect("no panic"), 7);
    }
    let grown = server.process().peak().expect("it runs") - before;
    println!(
        "20 peers send 15 MiB, the budget is 64 MiB: all served in {:?}, {} MiB more at the peak",
        start.elapsed(),
        grown / MIB
    );
    assert!(grown < (64 + 16 + 3 + 60) * MIB, "{} MiB", grown / MIB);
}
