//! Shutdowns during a fault: they end within the deadline, and running requests are finished.

use crate::listeners;
use crate::support::{FAILS, GATED, PANICS, start, start_with_deadline};
use rocketmq_tower::driver::ConnectionConfig;
use rocketmq_tower::server::listener::{Accept, Retry};
use rocketmq_tower::{Addr, ChannelInfo, ResponseCode, Server, service_fn};
use rocketmq_tower_test_support::{Raw, SECOND, echo, encode, request, soon, until};
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncWriteExt, DuplexStream};
use tokio::net::TcpStream;

/// In each test another connection stays idle: it is drained at once.
fn patient() -> ConnectionConfig {
    let mut config = ConnectionConfig::server();
    config.write_stall = 60 * SECOND;
    config.read_stall = 60 * SECOND;
    config.half_close_grace = 60 * SECOND;
    config
}

/// A shutdown may take this much longer if the machine is busy.
const SLACK: Duration = Duration::from_secs(4);

#[tokio::test]
async fn a_peer_that_does_not_read_is_cut_at_the_deadline() {
    let faulted = start_with_deadline(patient(), SECOND).await;
    let mut peer = Raw::connect_narrow(faulted.server.addr).await;
    // This body does not fit into any buffer.
    peer.send(&request(1, 1).with_body(vec![0; 1 << 20])).await;
    let progress = Arc::clone(&faulted.progress);
    until(|| progress.finished() == 2).await;
    let started = Instant::now();
    drop(faulted.neighbour);
    let shutdown = faulted.server.stop().await;
    assert_eq!((shutdown.accepted, shutdown.aborted), (2, 1));
    assert!((SECOND..SECOND + SLACK).contains(&started.elapsed()), "{:?}", started.elapsed());
    assert!(peer.next_or_end().await.is_none(), "half an answer is none");
}

/// The rest of a frame is not awaited.
#[tokio::test]
async fn a_peer_inside_a_frame_holds_up_nothing() {
    let faulted = start(patient()).await;
    let mut slow = Raw::connect(faulted.server.addr).await;
    let mut bytes = encode(&request(1, 1));
    bytes.extend(&encode(&request(1, 2))[..20]);
    slow.io.write_all(&bytes).await.expect("open");
    assert_eq!(slow.next().await.expect("it was whole").opaque(), 1);
    drop(faulted.neighbour);
    let started = Instant::now();
    let (shutdown, end) = tokio::join!(faulted.server.stop(), async {
        let end = slow.next_or_end().await;
        drop(slow);
        end
    });
    assert!(end.is_none());
    assert_eq!((shutdown.accepted, shutdown.aborted), (2, 0));
    assert!(started.elapsed() < SLACK, "{:?}", started.elapsed());
}

#[tokio::test]
async fn a_half_closed_peer_gets_its_answers() {
    let faulted = start(patient()).await;
    let mut peer = Raw::connect(faulted.server.addr).await;
    for opaque in 0..20 {
        peer.send(&request(GATED, opaque)).await;
    }
    peer.io.shutdown().await.expect("open");
    let progress = Arc::clone(&faulted.progress);
    until(|| progress.begun() == 21).await;
    drop(faulted.neighbour);
    faulted.server.stop.send(()).expect("runs");
    faulted.gate.add_permits(20);
    for opaque in 0..20 {
        let answer = peer.next().await.expect("every answer");
        assert_eq!((answer.opaque(), answer.response_code()), (opaque, ResponseCode::SUCCESS));
    }
    assert!(peer.next_or_end().await.is_none());
    let shutdown = soon(faulted.server.task).await.expect("no panic").expect("no failure");
    assert_eq!(shutdown.aborted, 0);
}

#[tokio::test]
async fn what_a_peer_asked_that_is_gone_is_finished_first() {
    let mut faulted = start(patient()).await;
    let mut peer = Raw::connect(faulted.server.addr).await;
    for opaque in 0..20 {
        peer.send(&request(GATED, opaque)).await;
    }
    let progress = Arc::clone(&faulted.progress);
    until(|| progress.begun() == 21).await;
    peer.io.set_zero_linger().expect("open");
    drop(peer);
    faulted.end().await;
    drop(faulted.neighbour);
    faulted.server.stop.send(()).expect("runs");
    // The listener is closed, while the server still runs.
    soon(async { while TcpStream::connect(faulted.server.addr).await.is_ok() {} }).await;
    assert!(!faulted.server.task.is_finished());
    faulted.gate.add_permits(20);
    let shutdown = soon(faulted.server.task).await.expect("no panic").expect("no failure");
    assert_eq!((shutdown.aborted, progress.finished()), (0, 21));
}

#[tokio::test]
async fn a_processor_that_fails_all_the_time_does_not_matter() {
    let faulted = start(patient()).await;
    let mut peer = Raw::connect(faulted.server.addr).await;
    for opaque in 0..100 {
        peer.send(&request([PANICS, FAILS][opaque as usize % 2], opaque)).await;
    }
    let progress = Arc::clone(&faulted.progress);
    until(|| progress.begun() > 50).await;
    drop(faulted.neighbour);
    faulted.server.stop.send(()).expect("runs");
    for opaque in 0..100 {
        let answer = peer.next().await.expect("an answer each");
        assert_eq!(answer.opaque(), opaque);
        let codes = [ResponseCode::SYSTEM_ERROR, ResponseCode::GO_AWAY];
        assert!(codes.contains(&answer.response_code()), "{answer:?}");
    }
    assert!(peer.next_or_end().await.is_none());
    drop(peer);
    let shutdown = soon(faulted.server.task).await.expect("no panic").expect("no failure");
    assert_eq!(shutdown.aborted, 0);
}

/// The shutdown waits for the listener until the deadline, and then leaves it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_listener_that_blocks_is_not_waited_for_beyond_the_deadline() {
    let (server, _, block) = listeners::start(4, 2 * SECOND).await;
    let mut peer = Raw::connect(server.addr).await;
    peer.send(&request(1, 1)).await;
    soon(peer.io.readable()).await.expect("answered");
    let started = Instant::now();
    server.stop.send(()).expect("runs");
    assert_eq!(peer.next().await.expect("served").opaque(), 1);
    drop(peer);
    let shutdown = soon(server.task).await.expect("no panic").expect("no failure");
    assert!(started.elapsed() < 2 * SECOND + SLACK, "{:?}", started.elapsed());
    assert_eq!(shutdown.accepted, 1);
    // Otherwise its thread would never end.
    drop(block);
}

/// A listener that never has file descriptors.
struct NoFiles;

impl Accept for NoFiles {
    type Io = DuplexStream;

    async fn accept(&mut self) -> io::Result<(DuplexStream, ChannelInfo)> {
        // EMFILE
        Err(io::Error::from_raw_os_error(24))
    }

    fn local_addr(&self) -> Addr {
        Addr::Unnamed
    }
}

/// The shutdown begins while the server waits to retry.
#[tokio::test(start_paused = true)]
async fn a_server_without_descriptors_ends_at_once() {
    let server = Server::new(service_fn(echo)).listen(Retry::new(NoFiles));
    let started = tokio::time::Instant::now();
    // This is between the attempts after 31 s and 63 s.
    let shutdown = server.serve_until(tokio::time::sleep(40 * SECOND)).await.expect("no failure");
    assert_eq!((shutdown.accepted, started.elapsed()), (0, 40 * SECOND));
}
