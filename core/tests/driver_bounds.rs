//! Edge cases of a connection's bounds.
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

mod common;

use common::{Running, start_client_with, start_with};
use rocketmq_tower_core::channel::Responder;
use rocketmq_tower_core::driver::ConnectionConfig;
use rocketmq_tower_core::{BoxError, CallError, RemotingCommand, ResponseCode};
use rocketmq_tower_test_support::{SECOND, echo, encode, request, soon};
use std::future::{Ready, ready};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::sync::{Semaphore, mpsc};
use tokio::time::{Instant, sleep, timeout};
use tower::limit::ConcurrencyLimit;
use tower::{ServiceExt, service_fn};
use tower_service::Service;

fn success() -> RemotingCommand {
    RemotingCommand::response(ResponseCode::SUCCESS)
}

#[test]
fn as_many_calls_as_javas_defaults_allow() {
    let (server, client) = (ConnectionConfig::server(), ConnectionConfig::client());
    assert_eq!((server.max_calls, server.max_oneways), (64, 256));
    assert_eq!((client.max_calls, client.max_oneways), (65_535, 65_535));
}

#[test]
fn one_mark_of_64_kib_for_what_is_unwritten() {
    assert_eq!(ConnectionConfig::server().write_high_water, 64 * 1024);
    assert_eq!(ConnectionConfig::client().write_high_water, 64 * 1024);
}

#[tokio::test(start_paused = true)]
async fn a_server_without_read_ahead_serves_and_drains() {
    let mut config = ConnectionConfig::server();
    config.max_queued_requests = 0;
    let Running { mut peer, channel, .. } = start_with(service_fn(echo), config, 64 * 1024);
    assert_eq!(peer.call(&request(1, 1)).await.opaque(), 1);
    channel.drain();
    assert!(peer.next().await.is_none());
}

/// A service that is never ready, until `fail` makes its `poll_ready` return errors.
#[derive(Clone, Default)]
struct Never(Arc<Mutex<(bool, Option<Waker>)>>);

impl Never {
    fn fail(&self) {
        let mut state = self.0.lock().expect("no panic");
        state.0 = true;
        state.1.take().expect("was asked").wake();
    }
}

impl Service<RemotingCommand> for Never {
    type Response = RemotingCommand;
    type Error = BoxError;
    type Future = Ready<Result<RemotingCommand, BoxError>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        let mut state = self.0.lock().expect("no panic");
        state.1 = Some(cx.waker().clone());
        if state.0 { Poll::Ready(Err("worn out".into())) } else { Poll::Pending }
    }

    fn call(&mut self, _request: RemotingCommand) -> Self::Future {
        ready(Ok(success()))
    }
}

/// The bound on requests in flight does not limit the requests that are refused.
#[tokio::test(start_paused = true)]
async fn a_service_that_fails_answers_all_that_was_read() {
    let mut config = ConnectionConfig::server();
    config.max_in_flight = 2;
    config.write_high_water = 100;
    let service = Never::default();
    let Running { mut peer, .. } = start_with(service.clone(), config, 64 * 1024);
    for opaque in 0..10 {
        peer.send(&request(1, opaque)).await;
    }
    sleep(SECOND).await;
    service.fail();
    let mut answered = Vec::new();
    while let Some(answer) = peer.next().await {
        assert_eq!(answer.remark(), Some("worn out"));
        answered.push(answer.opaque());
    }
    assert_eq!(answered, (0..10).collect::<Vec<_>>());
}

/// However small the bounds are, a peer that reads its responses is not closed as a flooding one.
#[tokio::test(start_paused = true)]
async fn a_client_takes_no_burst_for_a_flood() {
    for (max_in_flight, write_high_water) in [(2, 100), (0, 0)] {
        let mut config = ConnectionConfig::client();
        config.max_in_flight = max_in_flight;
        config.max_queued_requests = 0;
        config.write_high_water = write_high_water;
        let Running { mut peer, .. } = start_client_with(Never::default(), config, 64 * 1024);
        let burst: Vec<u8> = (0..10).flat_map(|opaque| encode(&request(1, opaque))).collect();
        peer.send_bytes(&burst).await;
        // One request waits for the service, the others are refused.
        for opaque in 1..10 {
            assert_eq!(peer.receive().await.opaque(), opaque);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_given_up_before_it_was_written_frees_its_slot() {
    let mut config = ConnectionConfig::server();
    config.max_calls = 2;
    config.write_high_water = 1;
    config.write_stall = Duration::MAX;
    let Running { peer: _peer, channel, .. } = start_with(service_fn(echo), config, 16);
    // This call's request is encoded, but cannot be written.
    let blocking = channel.clone();
    let _block = tokio::spawn(async move { blocking.invoke(request(5, 1), 100 * SECOND).await });
    sleep(SECOND).await;
    let given_up = channel.invoke(request(5, 2), SECOND).await;
    assert!(matches!(given_up, Err(CallError::Timeout { .. })), "{given_up:?}");
    _ = timeout(SECOND, channel.ready_oneshot()).await.expect("a slot").expect("open");
}

/// The caller may have been told that no peer can have acted on the request.
#[tokio::test(start_paused = true)]
async fn a_oneway_request_that_is_given_up_before_it_was_written_is_not_sent() {
    let mut config = ConnectionConfig::client();
    config.write_high_water = 1;
    config.write_stall = Duration::MAX;
    let Running { mut peer, channel, .. } = start_client_with(service_fn(echo), config, 16);
    // The first is encoded, but cannot be written; the others wait for room in the write buffer.
    let kept: Vec<_> = (0..5)
        .map(|code| {
            let channel = channel.clone();
            tokio::spawn(async move { channel.write_oneway(request(code, 0)).await })
        })
        .collect();
    sleep(SECOND).await;
    let given_up = timeout(SECOND, channel.write_oneway(request(5, 0))).await;
    assert!(given_up.is_err(), "{given_up:?}");
    let last = tokio::spawn(async move { channel.write_oneway(request(6, 0)).await });
    for code in [0, 1, 2, 3, 4, 6] {
        assert_eq!(peer.receive().await.code(), code);
    }
    for written in kept.into_iter().chain([last]) {
        soon(written).await.expect("no panic").expect("written");
    }
}

#[tokio::test(start_paused = true)]
async fn calls_that_were_not_written_fail_as_soon_as_the_peer_ends() {
    let mut config = ConnectionConfig::client();
    config.write_high_water = 1;
    let Running { mut peer, channel, .. } = start_client_with(service_fn(echo), config, 16);
    let started = Instant::now();
    let calls: Vec<_> = (0..3)
        .map(|n| {
            let channel = channel.clone();
            tokio::spawn(async move { channel.invoke(request(5, n), 100 * SECOND).await })
        })
        .collect();
    sleep(SECOND).await;
    peer.io.shutdown().await.expect("open");
    for call in calls {
        let error = soon(call).await.expect("no panic").expect_err("closed");
        assert!(matches!(error, CallError::Closed(_) | CallError::NotSent(_)), "{error:?}");
    }
    assert_eq!(started.elapsed(), SECOND);
}

/// The driver waits for the shared permit while it holds a request. When it gets the permit, its
/// peer no longer reads responses.
#[tokio::test(start_paused = true)]
async fn a_connection_that_is_stuck_does_not_keep_a_shared_permit() {
    let permits = Arc::new(Semaphore::new(1));
    let (parked, mut responders) = mpsc::unbounded_channel::<Responder>();
    let processor = service_fn(move |request: RemotingCommand| {
        let parked = parked.clone();
        async move {
            if request.code() == 2 {
                return Ok(Some(success()));
            }
            parked.send(request.defer()?)?;
            Ok::<Option<RemotingCommand>, BoxError>(None)
        }
    });
    let mut config = ConnectionConfig::server();
    config.max_in_flight = 1;
    config.write_high_water = 1;
    config.write_stall = Duration::MAX;
    let limited = ConcurrencyLimit::with_semaphore(processor, Arc::clone(&permits));
    let mut running = start_with(limited, config, 300);
    for opaque in 0..3 {
        running.peer.send(&request(1, opaque)).await;
        sleep(SECOND).await;
    }
    let taken = Arc::clone(&permits).acquire_owned().await.expect("free");
    running.peer.send(&request(2, 9)).await;
    sleep(SECOND).await;
    for _ in 0..3 {
        let responder = responders.recv().await.expect("deferred");
        responder.send(success().with_body(vec![0; 1000])).expect("open");
    }
    sleep(SECOND).await;
    drop(taken);
    sleep(SECOND).await;
    assert!(permits.try_acquire().is_ok());
}
