//! Tests the bounds in bytes: of one connection, and of the budget that connections share.
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

mod common;

use common::{Running, start_client_with, start_with};
use rocketmq_tower_core::channel::Responder;
use rocketmq_tower_core::driver::{ByteBudget, ConnectionConfig};
use rocketmq_tower_core::{BoxError, CloseReason, RemotingCommand, ResponseCode};
use rocketmq_tower_test_support::{Raw, SECOND, answer, echo, encode, request, soon};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::{AsyncWriteExt, DuplexStream};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};
use tower::service_fn;

const MIB: usize = 1 << 20;

/// The bytes that each connection may hold without taking from the budget.
const OWN: usize = 128 * 1024;

/// A service that answers when the test says so.
#[derive(Clone)]
struct Gate {
    running: Arc<AtomicUsize>,
    open: Arc<Semaphore>,
}

impl Gate {
    fn new() -> Self {
        Self { running: Arc::default(), open: Arc::new(Semaphore::new(0)) }
    }

    /// Starts a connection whose service holds requests back.
    fn start(&self, config: &ConnectionConfig) -> Running {
        let gate = self.clone();
        let service = service_fn(move |request: RemotingCommand| {
            let gate = gate.clone();
            async move {
                gate.running.fetch_add(1, Ordering::Relaxed);
                gate.open.acquire().await?.forget();
                gate.running.fetch_sub(1, Ordering::Relaxed);
                drop(request);
                Ok::<_, BoxError>(RemotingCommand::response(ResponseCode::SUCCESS))
            }
        });
        start_with(service, config.clone(), 64 * 1024)
    }

    fn running(&self) -> usize {
        self.running.load(Ordering::Relaxed)
    }

    fn answer(&self, count: usize) {
        self.open.add_permits(count);
    }
}

fn large(opaque: i32, bytes: usize) -> RemotingCommand {
    request(1, opaque).with_body(vec![b' '; bytes])
}

fn shared(budget: &ByteBudget) -> ConnectionConfig {
    let mut config = ConnectionConfig::server();
    config.budget = Some(budget.clone());
    config
}

/// Writes to a peer in a task of its own, and returns the peer to read from.
fn write(
    peer: Raw<DuplexStream>,
    bytes: Vec<u8>,
) -> (Raw<impl tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin>, JoinHandle<()>) {
    let (reader, mut writer) = tokio::io::split(peer.io);
    let writing = tokio::spawn(async move {
        writer.write_all(&bytes).await.expect("open");
        // Keeps its side open.
        std::future::pending::<()>().await;
    });
    (Raw::new(tokio::io::join(reader, tokio::io::sink())), writing)
}

#[tokio::test(start_paused = true)]
async fn a_connection_holds_at_most_its_bytes() {
    let gate = Gate::new();
    let mut config = ConnectionConfig::server();
    config.max_held_bytes = 3 * MIB + 4096;
    let Running { peer, .. } = gate.start(&config);
    let bytes = (0..10).flat_map(|opaque| encode(&large(opaque, MIB))).collect();
    let (mut reader, _writing) = write(peer, bytes);
    sleep(SECOND).await;
    assert_eq!(gate.running(), 3);
    for opaque in 0..10 {
        gate.answer(1);
        assert_eq!(reader.receive().await.opaque(), opaque);
        sleep(SECOND).await;
        assert_eq!(gate.running(), 3.min(9 - opaque as usize));
    }
}

#[tokio::test(start_paused = true)]
async fn a_frame_longer_than_the_bound_is_read_when_nothing_else_is_held() {
    let mut config = ConnectionConfig::server();
    config.max_held_bytes = 1000;
    let Running { mut peer, .. } = start_with(service_fn(echo), config, 64 * 1024);
    for opaque in 0..3 {
        assert_eq!(peer.call(&large(opaque, 10_000)).await.body().len(), 10_000);
    }
}

/// Deferred requests count until they are answered.
#[tokio::test(start_paused = true)]
async fn deferred_requests_count() {
    let (parked, mut responders) = mpsc::unbounded_channel::<Responder>();
    let mut config = ConnectionConfig::server();
    config.max_held_bytes = 3 * MIB + 4096;
    let budget = ByteBudget::new(100 * MIB);
    config.budget = Some(budget.clone());
    let service = service_fn(move |request: RemotingCommand| {
        let parked = parked.clone();
        async move {
            parked.send(request.defer()?)?;
            Ok::<Option<RemotingCommand>, BoxError>(None)
        }
    });
    let Running { peer, task, .. } = start_with(service, config, 64 * 1024);
    let bytes = (0..10).flat_map(|opaque| encode(&large(opaque, MIB))).collect();
    let (mut reader, writing) = write(peer, bytes);
    sleep(SECOND).await;
    assert_eq!(responders.len(), 3);
    let used = budget.used();
    assert!((3 * MIB - OWN..3 * MIB + 4096).contains(&used), "{used}");
    for opaque in 0..10 {
        let responder = responders.recv().await.expect("deferred");
        match opaque {
            5 => responder.discard(),
            6 => drop(responder),
            _ => responder.send(answer(0)).expect("open"),
        }
        if opaque != 5 {
            assert_eq!(reader.receive().await.opaque(), opaque);
        }
        sleep(SECOND).await;
        assert_eq!(responders.len(), 3.min(9 - opaque as usize));
    }
    assert_eq!(budget.used(), 0);
    writing.abort();
    drop(reader);
    soon(task).await.expect("no panic").expect("infallible");
}

/// Responses count that a peer does not read.
#[tokio::test(start_paused = true)]
async fn responses_that_wait_count_and_are_bounded() {
    let (parked, mut responders) = mpsc::unbounded_channel::<Responder>();
    let budget = ByteBudget::new(100 * MIB);
    let mut config = shared(&budget);
    config.max_held_bytes = 3 * MIB;
    let service = service_fn(move |request: RemotingCommand| {
        let parked = parked.clone();
        async move {
            parked.send(request.defer()?)?;
            Ok::<Option<RemotingCommand>, BoxError>(None)
        }
    });
    let Running { mut peer, channel, task } = start_with(service, config, 1024);
    for opaque in 0..20 {
        peer.send(&request(1, opaque)).await;
    }
    let body = bytes::Bytes::from(vec![b'x'; MIB]);
    let mut deferred = Vec::new();
    for _ in 0..20 {
        deferred.push(responders.recv().await.expect("deferred"));
    }
    for (opaque, responder) in deferred.into_iter().enumerate() {
        // Small ones are sent in any case.
        let body = if opaque == 19 { bytes::Bytes::from_static(b"ok") } else { body.clone() };
        responder.send(answer(0).with_body(body)).expect("open");
    }
    sleep(SECOND).await;
    let used = budget.used();
    assert!((3 * MIB - OWN - 2048..3 * MIB).contains(&used), "{used}");
    let (mut sent, mut dropped) = (0, 0);
    for opaque in 0..20 {
        let response = peer.receive().await;
        assert_eq!(response.opaque(), opaque);
        match response.response_code() {
            ResponseCode::SUCCESS => sent += 1,
            other => {
                assert_eq!(other, ResponseCode::SYSTEM_ERROR);
                assert!(response.remark().expect("a reason").contains("no room"), "{response:?}");
                dropped += 1;
            }
        }
    }
    assert_eq!((sent, dropped), (4, 16), "those that fit, and the small one");
    assert!(!channel.is_closed());
    drop(peer);
    soon(task).await.expect("no panic").expect("infallible");
    assert_eq!(budget.used(), 0);
}

/// 20 peers send frames of which the budget holds four.
#[tokio::test(start_paused = true)]
async fn all_are_served_in_turn() {
    let (gate, budget) = (Gate::new(), ByteBudget::new(4 * MIB));
    let connections: Vec<_> = (0..20).map(|_| gate.start(&shared(&budget))).collect();
    let peers: Vec<_> = connections
        .into_iter()
        .map(|running| write(running.peer, encode(&large(7, MIB)).to_vec()))
        .collect();
    let mut answered: Vec<_> = peers
        .into_iter()
        .map(|(mut reader, writing)| {
            tokio::spawn(async move {
                let response = reader.try_next().await.expect("sound").expect("a response");
                writing.abort();
                response.opaque()
            })
        })
        .collect();
    for _ in 0..20 {
        sleep(SECOND).await;
        let used = budget.used();
        assert!(used <= 5 * MIB + OWN, "{used}");
        assert!((1..=6).contains(&gate.running()), "{} run", gate.running());
        gate.answer(1);
    }
    for task in answered.drain(..) {
        assert_eq!(soon(task).await.expect("no panic"), 7);
    }
    sleep(SECOND).await;
    assert_eq!((budget.used(), budget.waiting()), (0, 0));
}

/// The budget is used up by frames of which none is complete.
#[tokio::test(start_paused = true)]
async fn half_frames_do_not_block_each_other() {
    let budget = ByteBudget::new(4 * MIB);
    let frame = encode(&large(7, MIB));
    let (first, rest) = frame.split_at(MIB * 3 / 4);
    let mut peers = Vec::new();
    for _ in 0..20 {
        let running = start_with(service_fn(echo), shared(&budget), 2 * MIB);
        peers.push(running);
        let peer = &mut peers.last_mut().expect("pushed").peer;
        peer.io.write_all(first).await.expect("open");
    }
    sleep(SECOND).await;
    assert!(budget.used() >= 4 * MIB, "{}", budget.used());
    assert!(budget.used() <= 5 * MIB, "{}", budget.used());
    assert!(budget.waiting() > 5, "{}", budget.waiting());
    // The others have room in the buffers of their streams. The one that has the turn comes last.
    for running in peers.iter_mut().rev() {
        running.peer.io.write_all(rest).await.expect("open");
    }
    for running in &mut peers {
        assert_eq!(soon(running.peer.receive()).await.body().len(), MIB);
    }
    sleep(SECOND).await;
    assert_eq!((budget.used(), budget.waiting()), (0, 0));
}

/// A peer that has the turn and sends nothing more is closed, and does not hold up the others.
#[tokio::test(start_paused = true)]
async fn a_turn_ends() {
    let budget = ByteBudget::new(MIB);
    let frame = encode(&large(7, MIB * 3 / 2));
    let (first, rest) = frame.split_at(MIB * 5 / 4);
    let mut slow = start_with(service_fn(echo), shared(&budget), 2 * MIB);
    slow.peer.io.write_all(first).await.expect("open");
    let mut next = start_with(service_fn(echo), shared(&budget), 2 * MIB);
    next.peer.io.write_all(&frame).await.expect("open");
    let mut tail = rest.iter();
    let start = Instant::now();
    // A byte each second would keep the connection open for minutes otherwise.
    let reason = loop {
        match timeout(SECOND, slow.channel.closed()).await {
            Ok(reason) => break reason,
            Err(_) => {
                let byte = tail.next().expect("closed before the end");
                _ = slow.peer.io.write_all(&[*byte]).await;
            }
        }
    };
    assert!(matches!(reason, CloseReason::ReadStalled), "{reason}");
    assert!((30 * SECOND..32 * SECOND).contains(&start.elapsed()), "{:?}", start.elapsed());
    assert_eq!(soon(next.peer.receive()).await.body().len(), MIB * 3 / 2);
}

#[tokio::test(start_paused = true)]
async fn small_requests_go_on_when_the_budget_is_used_up() {
    let (gate, budget) = (Gate::new(), ByteBudget::new(MIB));
    let holders: Vec<_> = (0..3)
        .map(|_| write(gate.start(&shared(&budget)).peer, encode(&large(7, 2 * MIB)).to_vec()))
        .collect();
    sleep(SECOND).await;
    assert!(budget.used() > MIB && budget.waiting() > 0, "{budget:?}");
    let mut other = start_with(service_fn(echo), shared(&budget), 64 * 1024);
    let start = Instant::now();
    for opaque in 0..100 {
        assert_eq!(soon(other.peer.call(&large(opaque, 50_000))).await.opaque(), opaque);
    }
    assert_eq!(start.elapsed().as_nanos(), 0);
    drop(holders);
}

/// Requests that run wait for responses that arrive behind other requests.
#[tokio::test(start_paused = true)]
async fn responses_are_read_beyond_the_bound() {
    let budget = ByteBudget::new(MIB);
    let service = service_fn(|request: RemotingCommand| async move {
        let channel = request.channel().expect("from a connection").clone();
        channel.invoke(RemotingCommand::request(9), 60 * SECOND).await?;
        Ok::<_, BoxError>(RemotingCommand::response(ResponseCode::SUCCESS))
    });
    let mut config = shared(&budget);
    config.max_held_bytes = MIB;
    let Running { mut peer, .. } = start_with(service, config, 8 * MIB);
    peer.send(&large(1, 2 * MIB)).await;
    let asked = peer.receive().await;
    assert_eq!(asked.code(), 9);
    peer.send(&large(2, MIB)).await;
    peer.send(&answer(asked.opaque())).await;
    let busy = soon(peer.receive()).await;
    assert_eq!((busy.opaque(), busy.response_code()), (2, ResponseCode::SYSTEM_BUSY));
    assert_eq!(soon(peer.receive()).await.opaque(), 1);
    sleep(SECOND).await;
    assert_eq!(budget.used(), 0);
}

/// A client reads on, and refuses requests beyond its bound.
#[tokio::test(start_paused = true)]
async fn a_client_refuses_requests_beyond_its_bytes() {
    let gate = Gate::new();
    let service = {
        let gate = gate.clone();
        service_fn(move |request: RemotingCommand| {
            let gate = gate.clone();
            async move {
                gate.open.acquire().await?.forget();
                echo(request).await
            }
        })
    };
    let mut config = ConnectionConfig::client();
    config.max_held_bytes = 2 * MIB;
    let Running { mut peer, .. } = start_client_with(service, config, 8 * MIB);
    for opaque in 0..4 {
        peer.send(&large(opaque, MIB)).await;
    }
    for opaque in 2..4 {
        let busy = soon(peer.receive()).await;
        assert_eq!((busy.opaque(), busy.response_code()), (opaque, ResponseCode::SYSTEM_BUSY));
    }
    gate.answer(2);
    for opaque in 0..2 {
        assert_eq!(soon(peer.receive()).await.opaque(), opaque);
    }
}

/// However a connection ends, it gives back what it holds.
#[tokio::test(start_paused = true)]
async fn everything_is_given_back() {
    let (gate, budget) = (Gate::new(), ByteBudget::new(2 * MIB));
    let mut connections: Vec<_> = (0..9).map(|_| gate.start(&shared(&budget))).collect();
    for running in &mut connections {
        let frame = encode(&large(7, MIB));
        let (mut half, _) = tokio::io::duplex(1);
        std::mem::swap(&mut half, &mut running.peer.io);
        let mut peer = Raw::new(half);
        tokio::spawn(async move {
            _ = peer.io.write_all(&frame).await;
            _ = peer.next_or_end().await;
        });
    }
    sleep(SECOND).await;
    assert!(budget.waiting() > 0 && budget.used() >= 2 * MIB, "{budget:?}");
    for (n, running) in connections.iter().enumerate() {
        match n % 3 {
            0 => running.task.abort(),
            1 => running.channel.close("enough"),
            _ => running.channel.drain(),
        }
    }
    gate.answer(9);
    for running in connections {
        _ = timeout(60 * SECOND, running.task).await.expect("ends");
    }
    assert_eq!((budget.used(), budget.waiting()), (0, 0));
}
