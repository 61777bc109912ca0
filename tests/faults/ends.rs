//! Peers that close one or both directions while their requests run.

use crate::support::{GATED, start};
use rocketmq_tower::driver::ConnectionConfig;
use rocketmq_tower::{CloseReason, ResponseCode};
use rocketmq_tower_test_support::{Raw, SECOND, encode, request, until};
use std::io::ErrorKind;
use std::sync::Arc;
use tokio::io::AsyncWriteExt;

const MANY: usize = 50;

#[tokio::test]
async fn after_a_half_close_all_answers_arrive_and_then_the_end() {
    let mut config = ConnectionConfig::server();
    config.half_close_grace = 15 * SECOND;
    let mut faulted = start(config).await;
    let mut peer = Raw::connect(faulted.server.addr).await;
    for opaque in 0..MANY as i32 {
        peer.send(&request(GATED, opaque).with_body(vec![opaque as u8; 20_000])).await;
    }
    peer.io.shutdown().await.expect("open");
    let progress = Arc::clone(&faulted.progress);
    until(|| progress.begun() == 1 + MANY).await;
    faulted.neighbour_is_served().await;
    faulted.gate.add_permits(MANY);
    for opaque in 0..MANY as i32 {
        let answer = peer.next().await.expect("every answer");
        assert_eq!((answer.opaque(), answer.body().len()), (opaque, 20_000));
        assert_eq!(answer.response_code(), ResponseCode::SUCCESS);
    }
    assert!(peer.next_or_end().await.is_none());
    let reason = faulted.end().await;
    assert!(matches!(reason, CloseReason::PeerClosed), "{reason}");
    faulted.server.stop().await;
}

/// Inside a frame or between two frames: earlier requests run to completion.
#[tokio::test]
async fn after_a_reset_what_runs_is_finished() {
    for rest in [0, 1, 4, 20] {
        let mut faulted = start(ConnectionConfig::server()).await;
        let mut peer = Raw::connect(faulted.server.addr).await;
        for opaque in 0..MANY as i32 {
            peer.send(&request(GATED, opaque)).await;
        }
        peer.io.write_all(&encode(&request(1, 0))[..rest]).await.expect("open");
        let progress = Arc::clone(&faulted.progress);
        until(|| progress.begun() == 1 + MANY).await;
        peer.io.set_zero_linger().expect("open");
        drop(peer);
        let reason = faulted.end().await;
        let CloseReason::Io(error) = reason else { panic!("{rest}: {reason}") };
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
        faulted.neighbour_is_served().await;
        assert_eq!(progress.finished(), 2, "the neighbour's");
        faulted.gate.add_permits(MANY);
        until(|| progress.finished() == 2 + MANY).await;
        let shutdown = faulted.server.stop().await;
        assert_eq!((shutdown.accepted, shutdown.aborted), (2, 0));
    }
}

/// Connections that are reset as fast as possible leave nothing behind.
#[tokio::test]
async fn resets_in_a_row_leave_no_connection() {
    let mut faulted = start(ConnectionConfig::server()).await;
    for round in 0..300 {
        let mut peer = Raw::connect(faulted.server.addr).await;
        peer.io.write_all(&encode(&request(1, 0))[..round % 30]).await.expect("open");
        peer.io.set_zero_linger().expect("open");
        drop(peer);
        // Some end before they are accepted; every connection with a CONNECTED event also ends.
        if round % 100 == 0 {
            faulted.neighbour_is_served().await;
        }
    }
    faulted.neighbour_is_served().await;
    let addr = faulted.server.addr;
    let shutdown = faulted.server.stop().await;
    assert_eq!(shutdown.aborted, 0, "of {} at {addr}", shutdown.accepted);
    let (mut came, mut went) = (1, 0);
    while let Some(event) = faulted.events.recv().await {
        match event.name() {
            "CONNECTED" => came += 1,
            "DISCONNECTED" => went += 1,
            _ => {}
        }
    }
    assert_eq!((came, went), (shutdown.accepted, shutdown.accepted));
}
