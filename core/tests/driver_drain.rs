//! Tests what draining a connection waits for, and what it does not wait for.
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

mod common;

use common::{Running, start, start_client_with, start_with};
use rocketmq_tower_core::channel::Responder;
use rocketmq_tower_core::driver::ConnectionConfig;
use rocketmq_tower_core::{
    BoxError, CallError, CloseReason, MqVersion, RemotingCommand, ResponseCode,
};
use rocketmq_tower_test_support::{SECOND, answer, echo, encode, request, soon};
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};
use tower::service_fn;

/// A drain does not wait for a peer that has closed the connection, whether or not the peer's
/// requests are still read.
#[tokio::test(start_paused = true)]
async fn that_the_peer_left_is_noticed() {
    for version in [MqVersion::V5_3_3, MqVersion::V5_3_1] {
        let (parked, mut responders) = mpsc::unbounded_channel();
        let Running { mut peer, channel, .. } =
            start(service_fn(move |request: RemotingCommand| {
                let parked = parked.clone();
                async move {
                    parked.send(request.defer()?)?;
                    Ok::<Option<RemotingCommand>, BoxError>(None)
                }
            }));
        peer.send(&request(1, 1).with_version(version)).await;
        let _responder = responders.recv().await.expect("deferred");
        channel.drain();
        sleep(SECOND).await;
        // This request stays unread if the peer is too old for GO_AWAY.
        peer.send(&request(2, 2).with_version(version)).await;
        drop(peer);
        let closed = timeout(SECOND, channel.closed()).await;
        assert!(closed.is_ok(), "{version}");
    }
}

/// A future that wakes itself and returns pending this number of times, then completes.
struct Turns(usize);

impl Future for Turns {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.0 == 0 {
            return Poll::Ready(());
        }
        self.0 -= 1;
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

/// Whether a request gets GO_AWAY depends on its own version, not on that of other requests. The
/// service is not called for it.
#[tokio::test(start_paused = true)]
async fn who_is_sent_away_is_told_by_the_requests_version() {
    for (version, is_sent_away) in [(0, false), (475, false), (476, true), (479, true)] {
        let (run, mut ran) = mpsc::unbounded_channel();
        let mut running = start(service_fn(move |request: RemotingCommand| {
            let run = run.clone();
            async move {
                run.send(request.opaque())?;
                sleep(u32::try_from(request.code())? * SECOND).await;
                Ok::<_, BoxError>(RemotingCommand::response(ResponseCode::SUCCESS))
            }
        }));
        // Keeps the connection open.
        running.peer.send(&request(10, 1)).await;
        sleep(SECOND).await;
        running.channel.drain();
        let later = |opaque| request(0, opaque).with_version(version.into());
        let mut bytes = encode(&later(2).oneway());
        bytes.extend(encode(&later(3)));
        running.peer.send_bytes(&bytes).await;
        let answer = running.peer.receive().await;
        let (code, expected_runs) = if is_sent_away {
            (ResponseCode::GO_AWAY, vec![1])
        } else {
            (ResponseCode::SUCCESS, vec![1, 2, 3])
        };
        assert_eq!((answer.opaque(), answer.response_code()), (3, code), "{version}");
        assert_eq!(running.peer.receive().await.opaque(), 1);
        assert!(running.peer.next().await.is_none());
        let mut runs = Vec::new();
        while let Ok(opaque) = ran.try_recv() {
            runs.push(opaque);
        }
        assert_eq!(runs, expected_runs, "{version}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_sends_its_server_away_as_well() {
    let config = ConnectionConfig::client();
    let Running { mut peer, channel, .. } = start_client_with(service_fn(echo), config, 64 * 1024);
    let calling = channel.clone();
    let call = tokio::spawn(async move { calling.invoke(request(5, 1), 60 * SECOND).await });
    let asked = peer.receive().await;
    channel.drain();
    let away = peer.call(&request(40, 7)).await;
    assert_eq!((away.opaque(), away.response_code()), (7, ResponseCode::GO_AWAY));
    peer.send(&answer(asked.opaque())).await;
    soon(call).await.expect("no panic").expect("answered");
    assert!(peer.next().await.is_none());
}

/// Holds in whichever poll of the driver the request is deferred, including the last.
#[tokio::test(start_paused = true)]
async fn what_is_deferred_meanwhile_is_waited_for() {
    for turns in 0..40 {
        let (parked, mut responders) = mpsc::unbounded_channel::<Responder>();
        let mut running = start(service_fn(move |request: RemotingCommand| {
            let parked = parked.clone();
            async move {
                request.channel().expect("from a connection").drain();
                Turns(turns).await;
                parked.send(request.defer()?)?;
                Ok::<Option<RemotingCommand>, BoxError>(None)
            }
        }));
        running.peer.send(&request(1, 1)).await;
        let responder = responders.recv().await.expect("deferred");
        sleep(SECOND).await;
        responder.send(answer(0)).expect("open");
        assert!(running.peer.next().await.is_some(), "lost after {turns} turns");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_pushed_meanwhile_is_sent() {
    for turns in 0..40 {
        let mut running = start(service_fn(move |request: RemotingCommand| async move {
            let channel = request.channel().expect("from a connection").clone();
            channel.drain();
            Turns(turns).await;
            channel.try_invoke_oneway(RemotingCommand::request(7))?;
            Ok::<Option<RemotingCommand>, BoxError>(None)
        }));
        running.peer.send(&request(1, 1).oneway()).await;
        assert!(running.peer.next().await.is_some(), "lost after {turns} turns");
    }
}

/// During a drain, new calls are refused unless a request of the peer is still in flight.
#[tokio::test(start_paused = true)]
async fn this_side_cannot_put_it_off_by_calling() {
    let Running { mut peer, channel, .. } = start(service_fn(echo));
    // Each of the two loops makes one call after the other, so one is always in flight.
    let callers: Vec<_> = (0..2)
        .map(|n| {
            let calling = channel.clone();
            tokio::spawn(async move {
                loop {
                    if let Err(error) = calling.invoke(request(5, n), 60 * SECOND).await {
                        return error;
                    }
                }
            })
        })
        .collect();
    for _ in 0..5 {
        let asked = peer.receive().await;
        sleep(SECOND).await;
        peer.send(&answer(asked.opaque())).await;
    }
    channel.drain();
    while let Some(asked) = timeout(10 * SECOND, peer.next()).await.expect("ends") {
        sleep(SECOND).await;
        assert!(!channel.is_closed(), "a call is in flight");
        peer.send(&answer(asked.opaque())).await;
    }
    for caller in callers {
        let error = soon(caller).await.expect("no panic");
        assert!(matches!(error, CallError::NotSent(CloseReason::Drained)), "{error:?}");
    }
}

/// The peer understands `GO_AWAY`, but ignores it and keeps sending requests.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_peer_cannot_put_it_off_by_asking() {
    let config = ConnectionConfig::server();
    let Running { peer, channel, .. } = start_with(service_fn(echo), config, 1 << 20);
    let (mut reader, mut writer) = tokio::io::split(peer.io);
    let mut block = Vec::new();
    for opaque in 0..1000 {
        block.extend(encode(&request(1, opaque)));
    }
    let (started, running) = tokio::sync::oneshot::channel();
    let asking = tokio::spawn(async move { while writer.write_all(&block).await.is_ok() {} });
    let reading = tokio::spawn(async move {
        let mut bytes = vec![0; 1 << 20];
        _ = reader.read(&mut bytes).await;
        _ = started.send(());
        while reader.read(&mut bytes).await.is_ok_and(|n| n > 0) {}
    });
    running.await.expect("responses arrive");
    channel.drain();
    let ended = timeout(60 * SECOND, channel.closed()).await;
    assert!(matches!(ended, Ok(CloseReason::Drained)), "{ended:?}");
    asking.abort();
    reading.abort();
}
