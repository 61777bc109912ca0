//! Tests how connections end: by draining, by closing, or by the peer.
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

mod common;

use common::{Running, start, start_with};
use rocketmq_tower_core::driver::{ConnectionConfig, Driver};
use rocketmq_tower_core::{
    BoxError, CallError, Channel, ChannelInfo, CloseReason, Connection, MqVersion, RemotingCommand,
    ResponseCode,
};
use rocketmq_tower_test_support::{SECOND, answer, echo, encode, request, sleeper, soon};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream, ReadBuf};
use tokio::time::{Instant, sleep, timeout};
use tower::service_fn;

async fn slow_echo(request: RemotingCommand) -> Result<RemotingCommand, BoxError> {
    sleep(SECOND).await;
    echo(request).await
}

fn old(code: i32, opaque: i32) -> RemotingCommand {
    request(code, opaque).with_version(MqVersion::V5_3_1)
}

#[tokio::test(start_paused = true)]
async fn draining_answers_what_runs_and_sends_new_requests_away() {
    let mut running = start(service_fn(slow_echo));
    running.peer.send(&request(1, 1).with_body("runs")).await;
    sleep(SECOND / 2).await;
    running.channel.drain();
    running.peer.send(&request(1, 2)).await;
    running.peer.send(&request(1, 3).oneway()).await;
    let away = running.peer.receive().await;
    assert_eq!((away.opaque(), away.response_code()), (2, ResponseCode::GO_AWAY));
    assert_eq!(away.remark(), Some("please go away"));
    let answer = running.peer.receive().await;
    assert_eq!((answer.opaque(), &answer.body()[..]), (1, &b"runs"[..]));
    assert!(running.peer.next().await.is_none());
    assert!(matches!(soon(running.channel.closed()).await, CloseReason::Drained));
}

#[tokio::test(start_paused = true)]
async fn draining_serves_what_an_old_peer_has_sent_and_reads_no_more() {
    let mut running = start(service_fn(slow_echo));
    let mut bytes = Vec::new();
    for opaque in 0..5 {
        bytes.extend(encode(&old(1, opaque)));
    }
    running.peer.send_bytes(&bytes).await;
    sleep(SECOND / 2).await;
    running.channel.drain();
    sleep(SECOND / 4).await;
    running.peer.send(&old(1, 99)).await;
    for opaque in 0..5 {
        let answer = running.peer.receive().await;
        assert_eq!((answer.opaque(), answer.response_code()), (opaque, ResponseCode::SUCCESS));
    }
    assert!(running.peer.next().await.is_none(), "the sixth was never read");
}

#[tokio::test(start_paused = true)]
async fn draining_ends_under_a_load_that_does_not() {
    for version in [MqVersion::V5_3_1, MqVersion::V5_3_3] {
        let mut running = start(service_fn(slow_echo));
        let (mut reader, mut writer) = tokio::io::split(running.peer.io);
        let load = tokio::spawn(async move {
            for opaque in 0.. {
                let frame = encode(&request(1, opaque).with_version(version));
                if tokio::io::AsyncWriteExt::write_all(&mut writer, &frame).await.is_err() {
                    return;
                }
                sleep(SECOND / 100).await;
            }
        });
        let sink =
            tokio::spawn(
                async move { while reader.read(&mut [0; 4096]).await.is_ok_and(|n| n > 0) {} },
            );
        sleep(5 * SECOND).await;
        let started = Instant::now();
        running.channel.drain();
        let reason = soon(running.channel.closed()).await;
        assert!(matches!(reason, CloseReason::Drained), "{reason}");
        assert!(started.elapsed() < 3 * SECOND, "{:?}", started.elapsed());
        running.peer = start(service_fn(echo)).peer;
        sink.await.expect("no panic");
        load.abort();
    }
}

#[tokio::test(start_paused = true)]
async fn draining_waits_for_our_own_calls() {
    let mut running = start(service_fn(echo));
    let channel = running.channel.clone();
    let call = tokio::spawn(async move { channel.invoke(request(5, 1), 60 * SECOND).await });
    let asked = running.peer.receive().await;
    running.channel.drain();
    assert!(timeout(10 * SECOND, running.peer.next()).await.is_err(), "not yet");
    running.peer.send(&answer(asked.opaque())).await;
    soon(call).await.expect("no panic").expect("answered");
    assert!(running.peer.next().await.is_none());
}

/// Requests are no longer read, but responses to pending calls still are.
#[tokio::test(start_paused = true)]
async fn draining_an_old_peer_reads_the_answers_that_it_owes() {
    let processor = service_fn(|request: RemotingCommand| async move {
        let channel = request.channel().expect("from a connection").clone();
        sleep(SECOND).await;
        channel.invoke(RemotingCommand::request(9), 60 * SECOND).await
    });
    let mut running = start(processor);
    running.peer.send(&old(1, 1)).await;
    sleep(SECOND / 2).await;
    running.channel.drain();
    let asked = running.peer.receive().await;
    assert_eq!(asked.code(), 9, "a call that began while it was drained");
    running.peer.send(&answer(asked.opaque())).await;
    assert_eq!(running.peer.receive().await.opaque(), 1);
    assert!(running.peer.next().await.is_none());
}

/// A drain that is aborted ends with the reason `Aborted`, not `Drained`.
#[tokio::test(start_paused = true)]
async fn a_drain_that_is_cut_short_is_no_drain() {
    let mut running = start(service_fn(slow_echo));
    running.peer.send(&request(1, 1)).await;
    sleep(SECOND / 2).await;
    running.channel.drain();
    sleep(SECOND / 4).await;
    running.task.abort();
    assert!(matches!(soon(running.channel.closed()).await, CloseReason::Aborted));
}

#[tokio::test(start_paused = true)]
async fn a_drain_may_have_a_reason_of_its_own() {
    let mut running = start(service_fn(slow_echo));
    running.peer.send(&old(1, 1)).await;
    sleep(SECOND / 2).await;
    running.channel.drain_with(CloseReason::MaxAge);
    assert!(running.channel.is_draining() && running.channel.close_reason().is_none());
    running.channel.drain_with(CloseReason::Idle);
    assert_eq!(running.peer.receive().await.opaque(), 1);
    let call = running.channel.invoke(RemotingCommand::request(1), SECOND).await;
    assert!(matches!(call, Err(CallError::NotSent(CloseReason::MaxAge))), "{call:?}");
    assert!(running.peer.next().await.is_none());
    let reason = running.end().await.reason;
    assert!(matches!(reason, CloseReason::MaxAge) && !reason.is_error(), "the first one");
}

#[tokio::test(start_paused = true)]
async fn a_drain_before_the_driver_starts_counts() {
    let (mut peer, theirs) = tokio::io::duplex(1024);
    let connection = Connection::new(theirs, ChannelInfo::default());
    connection.channel().drain();
    let driver =
        tokio::spawn(Driver::server(connection, service_fn(echo), ConnectionConfig::server()));
    assert_eq!(peer.read(&mut [0; 8]).await.expect("an end"), 0);
    drop(peer);
    let Ok(end) = driver.await.expect("no panic");
    assert!(matches!(end.reason, CloseReason::Drained));
}

/// Dropping a socket with unread bytes resets the connection, which may lose the last responses. So
/// the driver lingers: it shuts down its write half and discards input for a while.
#[tokio::test(start_paused = true)]
async fn the_last_answers_get_time_to_arrive() {
    let mut running = start(service_fn(slow_echo));
    running.peer.send(&old(1, 1)).await;
    sleep(SECOND / 2).await;
    running.channel.drain();
    assert_eq!(running.peer.receive().await.opaque(), 1);
    assert!(running.peer.next().await.is_none(), "the driver shut down its write half");
    for opaque in 2..100 {
        running.peer.send(&old(1, opaque).with_body(vec![0; 10_000])).await;
    }
    assert!(!running.channel.is_closed(), "further input is read and discarded");
    let started = Instant::now();
    soon(running.channel.closed()).await;
    assert!(started.elapsed() <= SECOND);
}

#[tokio::test(start_paused = true)]
async fn closing_is_immediate_but_what_is_written_goes_out() {
    let service = service_fn(|request: RemotingCommand| async move {
        let channel = request.channel().expect("from a connection").clone();
        if request.code() == 2 {
            channel.close("no more");
        }
        echo(request).await
    });
    let Running { mut peer, task, .. } = start(service);
    let mut bytes = encode(&request(1, 1));
    bytes.extend(encode(&request(2, 2)));
    bytes.extend(encode(&request(1, 3)));
    peer.send_bytes(&bytes).await;
    assert_eq!(peer.receive().await.opaque(), 1);
    while peer.next().await.is_some() {}
    let Ok(end) = soon(task).await.expect("no panic");
    assert_eq!(end.reason.to_string(), "no more");
}

#[tokio::test(start_paused = true)]
async fn requests_of_a_half_closed_peer_have_a_grace() {
    let mut running = start(service_fn(sleeper));
    running.peer.send(&request(3, 3)).await;
    running.peer.send(&request(9, 9)).await;
    sleep(SECOND).await;
    running.peer.io.shutdown().await.expect("open");
    assert_eq!(running.peer.receive().await.opaque(), 3);
    let started = Instant::now();
    let reason = soon(running.channel.closed()).await;
    assert!(matches!(reason, CloseReason::PeerClosed), "{reason}");
    assert_eq!(started.elapsed(), 3 * SECOND, "five seconds after the peer's end");
    assert!(running.peer.next().await.is_none());
    let started = Instant::now();
    running.end().await;
    assert_eq!(started.elapsed(), 3 * SECOND, "the request runs to its end");
}

#[tokio::test(start_paused = true)]
async fn an_end_inside_a_frame_is_told_apart() {
    let mut running = start(service_fn(echo));
    running.peer.send_bytes(&encode(&request(1, 1))[..30]).await;
    running.peer.io.shutdown().await.expect("open");
    let reason = soon(running.channel.closed()).await;
    let CloseReason::Protocol(error) = reason else { panic!("{reason}") };
    assert!(error.to_string().starts_with("the connection ended inside a frame, after 30 of"));
}

#[tokio::test(start_paused = true)]
async fn answers_that_cannot_be_encoded_are_replaced() {
    let mut config = ConnectionConfig::server();
    config.max_frame_length = 1000;
    let service = service_fn(|request: RemotingCommand| {
        let length = if request.code() == 1 { 1000 } else { 10 };
        let answer = RemotingCommand::response(ResponseCode::SUCCESS).with_body(vec![0; length]);
        std::future::ready(Ok::<_, BoxError>(answer))
    });
    let Running { mut peer, .. } = start_with(service, config, 64 * 1024);
    let answer = peer.call(&request(1, 1)).await;
    assert_eq!((answer.opaque(), answer.response_code()), (1, ResponseCode::SYSTEM_ERROR));
    assert!(answer.remark().expect("a remark").contains("exceeds the limit of 1000"), "{answer:?}");
    assert_eq!(peer.call(&request(2, 2)).await.body().len(), 10, "and the connection goes on");
}

/// Sends a request that takes `tenths` tenths of a second, followed by bytes that are not a frame.
/// The grace is 5 s, the linger 1 s.
async fn late_before_garbage(tenths: u32) -> (Running, Instant) {
    let mut config = ConnectionConfig::server();
    config.half_close_grace = 5 * SECOND;
    config.linger = SECOND;
    let late = service_fn(move |request: RemotingCommand| async move {
        sleep(SECOND * tenths / 10).await;
        echo(request).await
    });
    let mut running = start_with(late, config, 64 * 1024);
    let mut bytes = encode(&request(1, 1));
    bytes.extend([0xff; 8]);
    let started = Instant::now();
    running.peer.send_bytes(&bytes).await;
    (running, started)
}

/// The linger is not shortened to the remaining grace: after the last response it lasts its full
/// time.
#[tokio::test(start_paused = true)]
async fn the_last_answers_have_their_own_time() {
    let (mut running, started) = late_before_garbage(49).await;
    assert_eq!(running.peer.receive().await.opaque(), 1);
    soon(running.channel.closed()).await;
    assert_eq!(started.elapsed(), SECOND * 59 / 10);
}

/// After the grace the write half is shut down, so the late response is not written.
#[tokio::test(start_paused = true)]
async fn what_is_answered_after_the_grace_is_not_written() {
    let (mut running, started) = late_before_garbage(55).await;
    assert!(running.peer.next().await.is_none());
    assert_eq!(started.elapsed(), 5 * SECOND);
    soon(running.channel.closed()).await;
    assert_eq!(started.elapsed(), 6 * SECOND, "it lingers");
}

/// The peer has shut down its write half and reads 10 KB a second.
#[tokio::test(start_paused = true)]
async fn an_answer_that_is_being_taken_is_not_cut() {
    let stuck = service_fn(|request: RemotingCommand| async move {
        if request.code() == 2 {
            sleep(100 * SECOND).await;
        }
        echo(request).await
    });
    for codes in [&[1][..], &[2, 1]] {
        let Running { mut peer, .. } = start_with(stuck, ConnectionConfig::server(), 1024);
        let (mut reader, mut writer) = tokio::io::split(&mut peer.io);
        let send = async {
            for &code in codes {
                let body = vec![7; if code == 1 { 100_000 } else { 0 }];
                let frame = encode(&request(code, code).with_body(body));
                writer.write_all(&frame).await.expect("open");
            }
            writer.shutdown().await.expect("open");
        };
        let receive = async {
            let (mut received, mut chunk) = (0, [0; 1024]);
            loop {
                sleep(SECOND / 10).await;
                match reader.read(&mut chunk).await.expect("no reset") {
                    0 => return received,
                    n => received += n,
                }
            }
        };
        let ((), received) = tokio::join!(send, receive);
        assert!(received > 100_000, "cut after {received} bytes");
    }
}

/// A transport that yields one request and then stays pending. Writing to it fails.
struct Unwritable {
    request: Option<Vec<u8>>,
    attempts: Arc<AtomicUsize>,
}

impl AsyncRead for Unwritable {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let Some(request) = self.request.take() else { return Poll::Pending };
        buf.put_slice(&request);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Unwritable {
    fn poll_write(
        self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
        _buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.attempts.fetch_add(1, Ordering::Relaxed);
        Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()))
    }

    fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[tokio::test(start_paused = true)]
async fn a_write_that_fails_ends_the_connection_and_is_not_repeated() {
    let attempts = Arc::new(AtomicUsize::new(0));
    let request = Some(encode(&request(1, 1)).to_vec());
    let io = Unwritable { request, attempts: Arc::clone(&attempts) };
    let connection = Connection::new(io, ChannelInfo::default());
    let driver = Driver::server(connection, service_fn(echo), ConnectionConfig::server());
    let Ok(end) = soon(driver).await;
    let CloseReason::Io(error) = end.reason else { panic!("{end:?}") };
    assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
    assert_eq!(attempts.load(Ordering::Relaxed), 1);
}

/// A transport that records, when dropped, whether the channel was already reported as closed.
struct Watching {
    inner: DuplexStream,
    channel: Channel,
    early: Arc<AtomicBool>,
}

impl Drop for Watching {
    fn drop(&mut self) {
        self.early.store(self.channel.is_closed(), Ordering::Relaxed);
    }
}

impl AsyncRead for Watching {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(cx, buf)
    }
}

impl AsyncWrite for Watching {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

#[tokio::test(start_paused = true)]
async fn the_channel_is_closed_when_the_transport_is_gone_and_not_before() {
    for abort in [false, true] {
        let (_peer, inner) = tokio::io::duplex(1024);
        let early = Arc::new(AtomicBool::new(true));
        let connection = Connection::new(inner, ChannelInfo::default());
        let channel = connection.channel();
        let (seen, noted) = (channel.clone(), Arc::clone(&early));
        let connection = connection.map_io(|inner| Watching { inner, channel: seen, early: noted });
        let driver = Driver::server(connection, service_fn(echo), ConnectionConfig::server());
        let task = tokio::spawn(driver);
        sleep(SECOND).await;
        if abort {
            task.abort();
        } else {
            channel.close("x");
        }
        soon(channel.closed()).await;
        assert!(!early.load(Ordering::Relaxed), "abort: {abort}");
    }
}
