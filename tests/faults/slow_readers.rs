//! Peers that read their responses slowly, or not at all.

use crate::common::run;
use crate::support::{GATED, flood, start};
use rocketmq_tower::driver::ConnectionConfig;
use rocketmq_tower::{BoxError, CloseReason, RemotingCommand, ResponseCode, Server, service_fn};
use rocketmq_tower_test_support::{Raw, SECOND, request, until};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::sleep;

const MANY: i32 = 500;

/// Responses whose order of completion differs from the order of the requests.
#[tokio::test]
async fn who_reads_slowly_gets_every_answer_in_the_order_of_completion() {
    let finished = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&finished);
    let server = Server::new(service_fn(move |request: RemotingCommand| {
        let log = Arc::clone(&log);
        async move {
            let opaque = request.opaque();
            if opaque < MANY {
                sleep(Duration::from_millis(opaque as u64 * 7 % 5)).await;
                log.lock().expect("no panic").push(opaque);
            }
            let answer = RemotingCommand::response(ResponseCode::SUCCESS);
            Ok::<_, BoxError>(answer.with_body(vec![opaque as u8; 4000]))
        }
    }));
    let server = run(server.bind("127.0.0.1:0").await.expect("binds"));
    let mut neighbour = Raw::connect(server.addr).await;
    let (reader, writer) = Raw::connect_narrow(server.addr).await.io.into_split();
    let load = tokio::spawn(async move {
        let mut writer = writer;
        flood(&mut writer, 1, MANY).await;
        writer
    });
    let mut slow = Raw::new(tokio::io::join(reader, tokio::io::sink()));
    let mut received = Vec::new();
    for _ in 0..MANY {
        sleep(Duration::from_millis(1)).await;
        let answer = slow.next().await.expect("every answer");
        let body = answer.body();
        assert!(body.len() == 4000 && body.iter().all(|&byte| byte == answer.opaque() as u8));
        received.push(answer.opaque());
        if received.len() % 100 == 0 {
            assert_eq!(neighbour.call(&request(1, MANY)).await.opaque(), MANY);
        }
    }
    assert!(!received.is_sorted(), "they overtook each other");
    assert_eq!(received, *finished.lock().expect("no panic"));
    drop((load.await.expect("no panic"), slow, neighbour));
    assert_eq!(server.stop().await.aborted, 0);
}

#[tokio::test]
async fn who_reads_nothing_is_cut_and_what_it_asked_is_finished() {
    let mut config = ConnectionConfig::server();
    config.write_stall = Duration::from_millis(300);
    let mut faulted = start(config).await;
    let (reader, mut writer) = Raw::connect_narrow(faulted.server.addr).await.io.into_split();
    // Writes until the server closes the connection: TCP buffers some bytes, the server some more.
    tokio::join!(flood(&mut writer, 1, i32::MAX), faulted.neighbour_is_served());
    let reason = faulted.end().await;
    assert!(matches!(reason, CloseReason::WriteStalled), "{reason}");
    faulted.neighbour_is_served().await;
    let progress = Arc::clone(&faulted.progress);
    until(|| progress.begun() == progress.finished()).await;

    // When the peer reads at last, what it received is valid and in order, up to the end.
    let mut late = Raw::new(tokio::io::join(reader, tokio::io::sink()));
    let mut expected = 0;
    while let Some(answer) = late.next_or_end().await {
        assert_eq!((answer.opaque(), answer.body().len()), (expected, 10_000));
        expected += 1;
    }
    assert_eq!(faulted.server.stop().await.aborted, 0);
}

/// A peer that reads no responses cannot send an unbounded number of requests.
#[tokio::test]
async fn who_reads_nothing_is_held_back() {
    let mut config = ConnectionConfig::server();
    config.write_stall = 20 * SECOND;
    config.max_in_flight = 8;
    config.max_queued_requests = 8;
    let mut faulted = start(config).await;
    let (reader, mut writer) = Raw::connect_narrow(faulted.server.addr).await.io.into_split();
    let load = tokio::spawn(async move { flood(&mut writer, GATED, 2000).await });
    let progress = Arc::clone(&faulted.progress);
    // The first request is the other connection's.
    until(|| progress.begun() == 9).await;
    for _ in 0..20 {
        faulted.neighbour_is_served().await;
    }
    assert_eq!(progress.begun() - progress.finished(), 8, "as many as may be in flight");
    faulted.gate.add_permits(2000);
    let mut late = Raw::new(tokio::io::join(reader, tokio::io::sink()));
    for opaque in 0..2000 {
        assert_eq!(late.next().await.expect("every answer").opaque(), opaque);
    }
    load.await.expect("no panic");
    drop(late);
    faulted.server.stop().await;
}
