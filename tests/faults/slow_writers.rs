//! Peers that send their frames slowly.

use crate::support::{Faulted, start};
use rocketmq_tower::CloseReason;
use rocketmq_tower::driver::ConnectionConfig;
use rocketmq_tower_test_support::{Raw, SECOND, encode, request};
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::time::{Instant, sleep};

const PAUSE: Duration = Duration::from_millis(5);

/// Sends `bytes` one by one until the connection accepts no more.
async fn trickle(peer: &mut Raw, bytes: &[u8]) {
    peer.io.set_nodelay(true).expect("open");
    for byte in bytes {
        if peer.io.write_all(&[*byte]).await.is_err() {
            return;
        }
        sleep(PAUSE).await;
    }
}

async fn start_with(frame_timeout: Duration) -> Faulted {
    let mut config = ConnectionConfig::server();
    config.frame_timeout = frame_timeout;
    start(config).await
}

/// Each byte arrives well within the read stall; all of them together take longer than a frame may.
#[tokio::test]
async fn who_trickles_is_cut_when_the_frames_time_is_over() {
    let mut faulted = start_with(SECOND / 2).await;
    let mut slow = Raw::connect(faulted.server.addr).await;
    let long = encode(&request(1, 1).with_body(vec![0; 10_000]));
    let started = Instant::now();
    let trickles = trickle(&mut slow, &long);
    let (reason, ()) = tokio::join!(
        async {
            faulted.neighbour_is_served().await;
            faulted.end().await
        },
        trickles
    );
    assert!(matches!(reason, CloseReason::ReadStalled), "{reason}");
    assert!(started.elapsed() >= SECOND / 2);
    assert!(slow.next_or_end().await.is_none());
    faulted.neighbour_is_served().await;
    assert_eq!(faulted.progress.begun(), 3, "the neighbour's alone");
    faulted.server.stop().await;
}

/// The timeout is per frame, not per connection: three frames take longer than one may.
#[tokio::test]
async fn who_trickles_frames_in_time_is_served() {
    let short = encode(&request(1, 1));
    let mut faulted = start_with(PAUSE * short.len() as u32 * 20).await;
    let mut slow = Raw::connect(faulted.server.addr).await;
    for _ in 0..3 {
        trickle(&mut slow, &short).await;
        assert_eq!(slow.next().await.expect("in time").opaque(), 1);
    }
    faulted.neighbour_is_served().await;
    drop(slow);
    let reason = faulted.end().await;
    assert!(matches!(reason, CloseReason::PeerClosed), "{reason}");
    faulted.server.stop().await;
}

/// Requests before the incomplete frame are answered.
#[tokio::test]
async fn who_stops_inside_a_frame_is_cut_and_was_served_before() {
    let mut config = ConnectionConfig::server();
    config.read_stall = SECOND / 5;
    let mut faulted = start(config).await;
    let mut slow = Raw::connect(faulted.server.addr).await;
    let mut bytes = encode(&request(1, 1));
    bytes.extend(&encode(&request(1, 2))[..20]);
    slow.io.write_all(&bytes).await.expect("open");
    assert_eq!(slow.next().await.expect("it was whole").opaque(), 1);
    let reason = faulted.end().await;
    assert!(matches!(reason, CloseReason::ReadStalled), "{reason}");
    assert!(slow.next_or_end().await.is_none());
    faulted.neighbour_is_served().await;
    faulted.server.stop().await;
}
