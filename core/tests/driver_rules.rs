//! The driver's rules, R1 to R10.
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

mod common;

use common::{Running, start, start_client_with, start_with};
use rocketmq_tower_core::driver::{ConnectionConfig, Driver};
use rocketmq_tower_core::{
    BoxError, CallError, Channel, ChannelInfo, CloseReason, Connection, LanguageCode,
    RemotingCommand, ResponseCode, SerializeType,
};
use rocketmq_tower_test_support::{Raw, SECOND, echo, encode, json, request, soon, within};
use std::convert::Infallible;
use std::future::{Future, Ready, ready};
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::sync::{Notify, Semaphore, mpsc};
use tokio::time::{sleep, timeout};
use tower::limit::ConcurrencyLimit;
use tower::service_fn;
use tower_service::Service;

type Answer = Result<RemotingCommand, BoxError>;

fn success() -> RemotingCommand {
    RemotingCommand::response(ResponseCode::SUCCESS)
}

// R1: `poll_ready` is called only while the driver holds a request.

#[tokio::test(start_paused = true)]
async fn r1_an_idle_connection_holds_no_permit_of_a_shared_limit() {
    let permits = Arc::new(Semaphore::new(1));
    let limited = || ConcurrencyLimit::with_semaphore(service_fn(echo), Arc::clone(&permits));
    let mut idle = start(limited());
    let mut busy = start(limited());
    for opaque in 0..3 {
        assert_eq!(busy.peer.call(&request(1, opaque)).await.opaque(), opaque);
        assert_eq!(idle.peer.call(&request(1, opaque)).await.opaque(), opaque);
        assert_eq!(permits.available_permits(), 1, "no permit is held between requests");
    }
}

#[tokio::test(start_paused = true)]
async fn r1_a_connection_that_ends_leaves_the_queue_of_a_shared_limit() {
    let permits = Arc::new(Semaphore::new(1));
    let taken = Arc::clone(&permits).acquire_owned().await.expect("open");
    let limited = || ConcurrencyLimit::with_semaphore(service_fn(echo), Arc::clone(&permits));
    let mut first = start(limited());
    first.peer.send(&request(1, 1)).await;
    let mut second = start(limited());
    second.peer.send(&request(1, 2)).await;
    sleep(SECOND).await;
    first.channel.close("test");
    soon(first.channel.closed()).await;
    drop(taken);
    assert_eq!(second.peer.receive().await.opaque(), 2);
}

// R2: a response of the peer never waits behind requests.

#[tokio::test(start_paused = true)]
async fn r2_a_processor_may_call_back_over_a_saturated_connection() {
    let call_back = service_fn(|request: RemotingCommand| async move {
        let channel = request.channel().expect("from a connection").clone();
        let answer = channel.invoke(RemotingCommand::request(900), 60 * SECOND).await?;
        Ok::<_, BoxError>(success().with_body(answer.body().clone()))
    });
    let mut config = ConnectionConfig::server();
    config.max_in_flight = 1;
    config.max_queued_requests = 2;
    let Running { mut peer, .. } = start_with(call_back, config, 1 << 20);
    for opaque in 0..10 {
        peer.send(&request(1, opaque)).await;
    }
    let mut answered = Vec::new();
    let mut refused = 0;
    while answered.len() + refused < 10 {
        let command = peer.receive().await;
        if !command.is_response() {
            assert_eq!(command.code(), 900);
            let mut answer = success().with_body("called back");
            answer.set_opaque(command.opaque());
            peer.send(&answer).await;
        } else if command.response_code() == ResponseCode::SYSTEM_BUSY {
            assert_eq!(
                command.remark(),
                Some("[OVERLOAD]system busy, start flow control for a while")
            );
            refused += 1;
        } else {
            assert_eq!(&command.body()[..], b"called back");
            answered.push(command.opaque());
        }
    }
    assert_eq!(answered, [0, 1, 2], "one that ran and two read ahead");
}

#[tokio::test(start_paused = true)]
async fn r2_an_answer_arrives_while_the_service_is_not_ready() {
    let Running { mut peer, channel, .. } = start(NeverReady);
    let call = tokio::spawn(async move { channel.invoke(request(5, 77), 60 * SECOND).await });
    let asked = peer.receive().await;
    for opaque in 0..10 {
        peer.send(&request(1, opaque)).await;
    }
    let mut answer = success();
    answer.set_opaque(asked.opaque());
    peer.send(&answer).await;
    assert_eq!(soon(call).await.expect("no panic").expect("answered").opaque(), 77);
}

struct NeverReady;

impl Service<RemotingCommand> for NeverReady {
    type Response = RemotingCommand;
    type Error = Infallible;
    type Future = Ready<Result<RemotingCommand, Infallible>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Pending
    }

    fn call(&mut self, _request: RemotingCommand) -> Self::Future {
        ready(Ok(success()))
    }
}

// R3: a request that was passed to the service runs to its end.

/// Returns a service whose requests wait for `go`, then report to `done` that they have finished.
fn waiting(go: &Arc<Notify>, done: &mpsc::UnboundedSender<i32>) -> impl Processor {
    let (go, done) = (Arc::clone(go), done.clone());
    service_fn(move |request: RemotingCommand| {
        let (go, done) = (Arc::clone(&go), done.clone());
        async move {
            go.notified().await;
            done.send(request.opaque())?;
            Ok::<_, BoxError>(success())
        }
    })
}

trait Processor:
    Service<RemotingCommand, Response = RemotingCommand, Error = BoxError, Future: Send>
    + Send
    + 'static
{
}

impl<S> Processor for S where
    S: Service<RemotingCommand, Response = RemotingCommand, Error = BoxError, Future: Send>
        + Send
        + 'static
{
}

#[tokio::test(start_paused = true)]
async fn r3_requests_finish_though_the_peer_left_or_the_connection_was_closed() {
    type End = fn(Running) -> Pin<Box<dyn Future<Output = (Channel, CloseReason)>>>;
    let ends: [(&str, End); 4] = [
        ("the peer hangs up", |running| {
            Box::pin(async {
                drop(running.peer);
                // The driver notices that it cannot write only when there is a response.
                (running.channel, CloseReason::PeerClosed)
            })
        }),
        ("the peer sends garbage and leaves", |mut running| {
            Box::pin(async move {
                running.peer.send_bytes(&[0xff; 8]).await;
                drop(running.peer);
                (running.channel, CloseReason::Aborted)
            })
        }),
        ("closed by a layer as idle", |running| {
            Box::pin(async {
                running.channel.close_with(CloseReason::Idle);
                soon(running.channel.closed()).await;
                std::mem::forget(running.peer);
                (running.channel, CloseReason::Idle)
            })
        }),
        ("closed in the middle of a frame", |mut running| {
            Box::pin(async move {
                running.peer.send_bytes(&[0, 0]).await;
                running.channel.close("test");
                soon(running.channel.closed()).await;
                std::mem::forget(running.peer);
                (running.channel, CloseReason::Requested("test".into()))
            })
        }),
    ];
    for (name, end) in ends {
        let (go, (done, mut finished)) = (Arc::new(Notify::new()), mpsc::unbounded_channel());
        let mut running = start(waiting(&go, &done));
        running.peer.send(&request(1, 42)).await;
        sleep(SECOND).await;
        let task = running.task;
        running.task = tokio::spawn(std::future::pending());
        let (channel, _) = end(running).await;
        sleep(60 * SECOND).await;
        assert!(channel.is_closed(), "{name}: the connection does not wait for the request");
        assert!(finished.try_recv().is_err() && !task.is_finished(), "{name}: it still runs");
        go.notify_one();
        assert_eq!(finished.recv().await, Some(42), "{name}: it was not cancelled");
        soon(task).await.expect("no panic").expect("infallible");
    }
}

#[tokio::test(start_paused = true)]
async fn r3_a_peer_that_ended_only_its_half_gets_its_answers() {
    let slow = service_fn(|request: RemotingCommand| async move {
        sleep(SECOND).await;
        echo(request).await
    });
    let Running { mut peer, task, .. } = start(slow);
    for opaque in 0..5 {
        peer.send(&request(1, opaque).with_body("x")).await;
    }
    peer.io.shutdown().await.expect("open");
    for opaque in 0..5 {
        assert_eq!(peer.receive().await.opaque(), opaque);
    }
    assert!(peer.next().await.is_none());
    let Ok(end) = soon(task).await.expect("no panic");
    assert!(matches!(end.reason, CloseReason::PeerClosed), "{end:?}");
}

#[tokio::test(start_paused = true)]
async fn r3_a_slow_reader_gets_every_answer() {
    let large = service_fn(|request: RemotingCommand| {
        ready(Ok::<_, BoxError>(success().with_body(vec![request.opaque() as u8; 10_000])))
    });
    let Running { mut peer, .. } = start_with(large, ConnectionConfig::server(), 1024);
    let (mut reader, mut writer) = tokio::io::split(&mut peer.io);
    let send = async {
        for opaque in 0..200 {
            let frame = encode(&request(1, opaque));
            tokio::io::AsyncWriteExt::write_all(&mut writer, &frame).await.expect("open");
        }
    };
    let receive = async {
        let mut received = bytes::BytesMut::new();
        let mut opaques = Vec::new();
        let mut codec = rocketmq_tower_core::RemotingCodec::new();
        while opaques.len() < 200 {
            sleep(Duration::from_millis(1)).await;
            reader.read_buf(&mut received).await.expect("open");
            while let Some(answer) =
                tokio_util::codec::Decoder::decode(&mut codec, &mut received).expect("sound")
            {
                assert_eq!(answer.body().len(), 10_000);
                opaques.push(answer.opaque());
            }
        }
        opaques
    };
    let ((), opaques) = tokio::join!(send, receive);
    assert!(opaques.into_iter().eq(0..200));
}

// R4: a server that cannot keep up stops reading; a client never does.

/// Writes requests until the driver reads no more. Returns the number of requests written.
async fn flood(running: &mut Running) -> usize {
    let frame = encode(&request(1, 0).with_body(vec![0; 1000]));
    for sent in 0.. {
        if timeout(SECOND, running.peer.send_bytes(&frame)).await.is_err() {
            return sent;
        }
    }
    unreachable!()
}

#[tokio::test(start_paused = true)]
async fn r4_a_server_stops_reading_when_its_queue_is_full() {
    let mut config = ConnectionConfig::server();
    config.max_queued_requests = 10;
    let mut running = start_with(NeverReady, config, 1024);
    let taken = flood(&mut running).await;
    // Ten in the queue, about seven more in one read block, and one being transferred.
    assert!((10..=20).contains(&taken), "{taken}");
}

#[tokio::test(start_paused = true)]
async fn r4_a_server_stops_reading_when_the_peer_does() {
    let mut config = ConnectionConfig::server();
    config.write_high_water = 10_000;
    config.write_stall = Duration::MAX;
    let mut running = start_with(service_fn(echo), config, 1024);
    let taken = flood(&mut running).await;
    assert!((10..=30).contains(&taken), "{taken}");
}

/// Each response alone exceeds the high-water mark and is written at once.
#[tokio::test(start_paused = true)]
async fn r4_a_server_reads_on_when_a_long_answer_is_written() {
    let Running { mut peer, .. } =
        start_with(service_fn(echo), ConnectionConfig::server(), 1 << 20);
    for opaque in 0..3 {
        let answer = peer.call(&request(1, opaque).with_body(vec![0; 200_000])).await;
        assert_eq!((answer.opaque(), answer.body().len()), (opaque, 200_000));
    }
}

#[tokio::test(start_paused = true)]
async fn r4_requests_in_flight_are_bounded() {
    let running_now = Arc::new(AtomicUsize::new(0));
    let most = Arc::new(AtomicUsize::new(0));
    let (now, max) = (Arc::clone(&running_now), Arc::clone(&most));
    let slow = service_fn(move |request: RemotingCommand| {
        let (now, max) = (Arc::clone(&now), Arc::clone(&max));
        async move {
            max.fetch_max(now.fetch_add(1, Ordering::Relaxed) + 1, Ordering::Relaxed);
            sleep(SECOND).await;
            now.fetch_sub(1, Ordering::Relaxed);
            echo(request).await
        }
    });
    let mut config = ConnectionConfig::server();
    config.max_in_flight = 7;
    let Running { mut peer, .. } = start_with(slow, config, 1 << 20);
    for opaque in 0..50 {
        peer.send(&request(1, opaque)).await;
    }
    for _ in 0..50 {
        peer.receive().await;
    }
    assert_eq!(most.load(Ordering::Relaxed), 7);
}

#[tokio::test(start_paused = true)]
async fn r4_a_client_reads_answers_whatever_else_the_server_sends() {
    let mut config = ConnectionConfig::client();
    config.max_queued_requests = 2;
    let Running { mut peer, channel, .. } = start_client_with(NeverReady, config, 1024);
    let mut call = Box::pin(channel.invoke(request(5, 1), 600 * SECOND));
    let asked = tokio::select! {
        _ = &mut call => panic!("the call must wait for its response"),
        asked = peer.receive() => asked,
    };
    for opaque in 0..100 {
        peer.send(&request(1, opaque).oneway()).await;
    }
    for opaque in 0..5 {
        peer.send(&request(1, opaque)).await;
    }
    let mut answer = success();
    answer.set_opaque(asked.opaque());
    peer.send(&answer).await;
    soon(call).await.expect("answered");
    for opaque in 0..5 {
        let refused = peer.receive().await;
        assert_eq!(
            (refused.opaque(), refused.response_code()),
            (opaque, ResponseCode::SYSTEM_BUSY)
        );
    }
}

#[tokio::test(start_paused = true)]
async fn r4_a_client_cuts_a_server_that_asks_without_reading() {
    let mut config = ConnectionConfig::client();
    config.max_queued_requests = 2;
    config.max_in_flight = 5;
    config.write_high_water = 100;
    let mut running = start_client_with(NeverReady, config, 1024);
    let frame = encode(&request(1, 0));
    let closed = running.channel.clone();
    let stream = &mut running.peer.io;
    let flood = async {
        while tokio::io::AsyncWriteExt::write_all(stream, &frame).await.is_ok() {}
        std::future::pending::<()>().await;
    };
    tokio::select! {
        () = flood => {}
        reason = soon(closed.closed()) => assert!(matches!(reason, CloseReason::Flooded), "{reason}"),
    }
}

// R5: requests before the first malformed frame are answered, those after it are not run.

#[tokio::test(start_paused = true)]
async fn r5_frames_before_a_bad_one_are_answered_and_frames_after_it_are_not_run() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&seen);
    let service = service_fn(move |request: RemotingCommand| {
        log.lock().expect("no panic").push(request.opaque());
        async move {
            sleep(SECOND).await;
            echo(request).await
        }
    });
    let Running { mut peer, task, .. } = start(service);
    let mut bytes = encode(&request(1, 1));
    bytes.extend(encode(&request(1, 2)));
    bytes.extend(json("{\"opaque\":3,"));
    bytes.extend(encode(&request(1, 4)));
    peer.send_bytes(&bytes).await;
    assert_eq!(peer.receive().await.opaque(), 1);
    assert_eq!(peer.receive().await.opaque(), 2);
    assert!(peer.next().await.is_none(), "then the connection ends");
    drop(peer);
    let Ok(end) = soon(task).await.expect("no panic");
    let CloseReason::Protocol(error) = end.reason else { panic!("{end:?}") };
    assert_eq!(error.to_string(), "malformed JSON header at byte 12: expected a key in quotes");
    assert_eq!(*seen.lock().expect("no panic"), [1, 2]);
}

// R6: the driver sets opaque and response bit; oneway requests get no response; calls that are
// given up are forgotten.

#[tokio::test(start_paused = true)]
async fn r6_answers_carry_the_requests_opaque_and_type_whatever_the_processor_says() {
    let service = service_fn(|mut request: RemotingCommand| {
        // Returns the request itself as the response, with its fields changed.
        request.set_opaque(999_999);
        ready(Ok::<_, Infallible>(request.with_flag(4).with_remark("echo")))
    });
    let Running { mut peer, .. } = start(service);
    for serialize_type in [SerializeType::Json, SerializeType::RocketMq] {
        let ask = request(77, 4242)
            .with_language(LanguageCode::GO)
            .with_serialize_type(serialize_type)
            .with_ext_field("topic", "T");
        let answer = peer.call(&ask).await;
        assert_eq!((answer.opaque(), answer.flag()), (4242, 5), "other bits are kept");
        assert_eq!((answer.code(), answer.language()), (77, LanguageCode::GO));
        assert_eq!(answer.serialize_type(), serialize_type);
        assert_eq!(answer.ext_fields(), ask.ext_fields());
    }
}

#[tokio::test(start_paused = true)]
async fn r6_oneway_requests_are_never_answered() {
    let service = service_fn(|request: RemotingCommand| async move {
        match request.code() {
            1 => Ok(success()),
            2 => Err(BoxError::from("failed")),
            _ => panic!("panicked"),
        }
    });
    let Running { mut peer, .. } = start(service);
    for code in [1, 2, 3] {
        peer.send(&request(code, code).oneway()).await;
    }
    assert_eq!(peer.call(&request(1, 9)).await.opaque(), 9, "the only answer");
}

#[tokio::test(start_paused = true)]
async fn r6_calls_that_are_given_up_leave_nothing_behind() {
    let mut config = ConnectionConfig::server();
    config.max_calls = 1;
    let Running { mut peer, channel, .. } = start_with(service_fn(echo), config, 64 * 1024);
    for round in 0..3 {
        let given_up = channel.invoke(request(5, round), SECOND).await;
        assert!(matches!(given_up, Err(CallError::Timeout { .. })), "{given_up:?}");
        let asked = peer.receive().await;
        // Its permit, which the table of pending calls holds, is free again.
        let again = channel.clone();
        let next = tokio::spawn(async move { again.invoke(request(6, 60), SECOND).await });
        let second = peer.receive().await;
        assert_ne!(second.opaque(), asked.opaque());
        for (opaque, remark) in [(asked.opaque(), "late"), (second.opaque(), "in time")] {
            let mut answer = success().with_remark(remark);
            answer.set_opaque(opaque);
            peer.send(&answer).await;
        }
        let answer = soon(next).await.expect("no panic").expect("answered");
        assert_eq!((answer.remark(), answer.opaque()), (Some("in time"), 60));
    }
}

#[tokio::test(start_paused = true)]
async fn r6_a_closing_connection_fails_its_calls_at_once() {
    type Close = fn(&mut Running);
    type Expected = fn(&CloseReason) -> bool;
    let closes: [(Close, Expected); 3] = [
        (
            |running| running.channel.close("enough"),
            |reason| matches!(reason, CloseReason::Requested(_)),
        ),
        (|running| running.peer = dead(), |reason| matches!(reason, CloseReason::PeerClosed)),
        (|running| running.task.abort(), |reason| matches!(reason, CloseReason::Aborted)),
    ];
    for (close, expected) in closes {
        let mut config = ConnectionConfig::server();
        config.max_calls = 3;
        let mut running = start_with(service_fn(echo), config, 64 * 1024);
        let started = tokio::time::Instant::now();
        // Three are sent, two wait for a permit.
        let calls: Vec<_> = (0..5)
            .map(|opaque| {
                let channel = running.channel.clone();
                tokio::spawn(async move { channel.invoke(request(5, opaque), 60 * SECOND).await })
            })
            .collect();
        for _ in 0..3 {
            running.peer.receive().await;
        }
        close(&mut running);
        for (number, call) in calls.into_iter().enumerate() {
            let error = soon(call).await.expect("no panic").expect_err("closed");
            match &error {
                CallError::Closed(reason) if number < 3 => assert!(expected(reason), "{error:?}"),
                CallError::NotSent(reason) if number >= 3 => assert!(expected(reason), "{error:?}"),
                error => panic!("call {number}: {error:?}"),
            }
        }
        let late = running.channel.invoke(request(5, 9), SECOND).await;
        assert!(matches!(late, Err(CallError::NotSent(_))), "{late:?}");
        assert_eq!(started.elapsed(), Duration::ZERO);
    }
}

/// Returns a peer without a connection, to replace a peer that is to be dropped.
fn dead() -> Raw<DuplexStream> {
    Raw::new(tokio::io::duplex(1).0)
}

// R7: panics and errors become responses, and the connection continues.

#[tokio::test(start_paused = true)]
async fn r7_panics_and_errors_are_answered_and_the_connection_goes_on() {
    let service = service_fn(|request: RemotingCommand| {
        assert_ne!(request.code(), 2, "in call");
        async move {
            match request.code() {
                3 => panic!("in the future"),
                4 => {
                    tokio::task::yield_now().await;
                    panic!("later")
                }
                5 => Err(BoxError::from("an error")),
                6 => {
                    let _bomb = Bomb;
                    panic!("before a destructor's panic would abort");
                }
                _ => Ok(success()),
            }
        }
    });
    let Running { mut peer, .. } = start(service);
    for (code, text) in
        [(2, "in call"), (3, "in the future"), (4, "later"), (5, "an error"), (6, "before")]
    {
        let answer = peer.call(&request(code, code)).await;
        assert_eq!((answer.opaque(), answer.response_code()), (code, ResponseCode::SYSTEM_ERROR));
        assert!(answer.remark().expect("a remark").contains(text), "{answer:?}");
        let answer = peer.call(&request(1, 100)).await;
        assert_eq!(answer.response_code(), ResponseCode::SUCCESS);
    }
}

struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        assert!(std::thread::panicking());
    }
}

#[tokio::test(start_paused = true)]
async fn r7_a_service_that_fails_for_good_answers_what_was_read_and_ends_the_connection() {
    struct Failing(i32);
    impl Service<RemotingCommand> for Failing {
        type Response = RemotingCommand;
        type Error = BoxError;
        type Future = Ready<Answer>;

        fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
            self.0 -= 1;
            Poll::Ready(if self.0 >= 0 { Ok(()) } else { Err("worn out".into()) })
        }

        fn call(&mut self, _request: RemotingCommand) -> Self::Future {
            ready(Ok(success()))
        }
    }
    let mut running = start(Failing(1));
    assert_eq!(running.peer.call(&request(1, 1)).await.response_code(), ResponseCode::SUCCESS);
    let answer = running.peer.call(&request(1, 2)).await;
    assert_eq!(answer.response_code(), ResponseCode::SYSTEM_ERROR);
    assert_eq!((answer.opaque(), answer.remark()), (2, Some("worn out")));
    assert!(running.peer.next().await.is_none());
    running.peer = dead();
    let end = running.end().await;
    assert!(matches!(end.reason, CloseReason::Service(_)), "{end:?}");
}

// R8: a response matches a call on its own connection only, and only once.

#[tokio::test(start_paused = true)]
async fn r8_answers_belong_to_their_connection_and_count_once() {
    let mut first = start(service_fn(echo));
    let mut second = start(service_fn(echo));
    let call = |channel: Channel, opaque| {
        tokio::spawn(async move { channel.invoke(request(5, opaque), 60 * SECOND).await })
    };
    let (one, other) = (call(first.channel.clone(), 7), call(second.channel.clone(), 8));
    let asked = first.peer.receive().await.opaque();
    assert_eq!(second.peer.receive().await.opaque(), asked, "both count from the start");
    let answer = |remark: &'static str| {
        let mut answer = success().with_remark(remark);
        answer.set_opaque(asked);
        answer
    };
    first.peer.send(&answer("first")).await;
    first.peer.send(&answer("again")).await;
    let one = one.await.expect("no panic").expect("answered");
    assert_eq!((one.remark(), one.opaque()), (Some("first"), 7), "the caller's opaque is back");
    assert!(!other.is_finished());
    second.peer.send(&answer("second")).await;
    let other = other.await.expect("no panic").expect("answered");
    assert_eq!((other.remark(), other.opaque()), (Some("second"), 8));
}

#[tokio::test(start_paused = true)]
async fn r8_one_command_may_be_used_for_many_calls() {
    let Running { mut peer, channel, .. } = start(service_fn(echo));
    let command = request(5, 1);
    let calls: Vec<_> = (0..10)
        .map(|_| {
            let (channel, command) = (channel.clone(), command.clone());
            tokio::spawn(async move { channel.invoke(command, 60 * SECOND).await })
        })
        .collect();
    for _ in 0..10 {
        let asked = peer.receive().await;
        let mut answer = success();
        answer.set_opaque(asked.opaque());
        peer.send(&answer).await;
    }
    for call in calls {
        assert_eq!(soon(call).await.expect("no panic").expect("answered").opaque(), 1);
    }
}

// R9: a handle that is kept keeps neither the socket nor the task alive.

struct CountedWaker;

impl Wake for CountedWaker {
    fn wake(self: Arc<Self>) {}
}

#[tokio::test(start_paused = true)]
async fn r9_a_handle_kept_for_ever_keeps_neither_socket_nor_task() {
    let alive = Arc::new(());
    let held = Arc::clone(&alive);
    let service = service_fn(move |request: RemotingCommand| {
        let _held = &held;
        // Leaks a handle as well.
        std::mem::forget(request.channel().cloned());
        std::future::pending::<Answer>()
    });
    let (mut peer, theirs) = tokio::io::duplex(1024);
    let connection = Connection::new(theirs, ChannelInfo::default());
    let channel = connection.channel();
    let counted = Arc::new(CountedWaker);
    let waker = Waker::from(Arc::clone(&counted));
    let mut cx = Context::from_waker(&waker);
    let mut driver = Box::pin(Driver::server(connection, service, ConnectionConfig::server()));
    tokio::io::AsyncWriteExt::write_all(&mut peer, &encode(&request(1, 1))).await.expect("open");
    assert!(driver.as_mut().poll(&mut cx).is_pending());
    assert!(Arc::strong_count(&counted) > 2 && Arc::strong_count(&alive) == 2);

    channel.close("test");
    assert!(driver.as_mut().poll(&mut cx).is_pending(), "the request still runs");
    assert_eq!(soon(peer.read(&mut [0; 8])).await.expect("an end"), 0, "but the socket is closed");
    assert_eq!(Arc::strong_count(&alive), 1, "and the service is dropped");
    drop((driver, peer));
    assert_eq!(Arc::strong_count(&counted), 2, "the task's waker is forgotten");
    assert!(channel.is_closed());
}

// R10: every buffer is bounded, and every wait ends.

/// A frame that has begun must be complete within 30 s, whatever part of it was sent.
#[tokio::test(start_paused = true)]
async fn r10_a_frame_that_stalls_is_cut() {
    let frame = encode(&request(1, 1).with_body(vec![0; 100]));
    for sent in [1, 3, 4, 5, 8, 20, frame.len() - 1] {
        let mut running = start(service_fn(echo));
        sleep(100 * SECOND).await;
        assert!(!running.channel.is_closed(), "no timeout applies between frames");
        running.peer.send_bytes(&frame[..sent]).await;
        let started = tokio::time::Instant::now();
        let reason = within(60 * SECOND, running.channel.closed()).await;
        assert!(matches!(reason, CloseReason::ReadStalled), "{sent}: {reason}");
        assert_eq!(started.elapsed(), 30 * SECOND, "{sent}");
    }
}

#[tokio::test(start_paused = true)]
async fn r10_a_frame_that_trickles_is_read_if_it_is_complete_in_time() {
    let mut running = start(service_fn(echo));
    for byte in encode(&request(1, 1).with_body("slow")) {
        running.peer.send_bytes(&[byte]).await;
        sleep(SECOND).await;
    }
    assert_eq!(&running.peer.receive().await.body()[..], b"slow");

    let started = tokio::time::Instant::now();
    let Running { peer, channel, .. } = &mut running;
    let stream = &mut peer.io;
    let trickle = async {
        let claim = [0, 0xff, 0, 0, 0, 0xf0, 0, 0].into_iter().chain(std::iter::repeat(b' '));
        for byte in claim {
            _ = tokio::io::AsyncWriteExt::write_all(stream, &[byte]).await;
            sleep(SECOND).await;
        }
    };
    let reason = tokio::select! {
        reason = channel.closed() => reason,
        () = trickle => unreachable!("it trickles for ever"),
    };
    assert!(matches!(reason, CloseReason::ReadStalled));
    assert_eq!(started.elapsed().as_secs(), 120);
}

#[tokio::test(start_paused = true)]
async fn r10_a_peer_that_does_not_read_is_cut() {
    let mut running = start_with(service_fn(echo), ConnectionConfig::server(), 1024);
    let closed = running.channel.clone();
    let started = tokio::time::Instant::now();
    let body = request(1, 1).with_body(vec![0; 5000]);
    running.peer.send(&body).await;
    let reason = within(60 * SECOND, closed.closed()).await;
    assert!(matches!(reason, CloseReason::WriteStalled), "{reason}");
    assert_eq!(started.elapsed(), 30 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn r10_a_peer_that_reads_slowly_is_not_cut() {
    let mut running = start_with(service_fn(echo), ConnectionConfig::server(), 16);
    running.peer.send(&request(1, 1).with_body(vec![0; 100])).await;
    let mut received = 0;
    let mut byte = [0; 4];
    while received < 100 {
        sleep(29 * SECOND).await;
        received += running.peer.io.read(&mut byte).await.expect("open");
    }
    assert!(!running.channel.is_closed());
}

#[tokio::test(start_paused = true)]
async fn r10_a_stall_that_is_our_own_is_not_the_peers() {
    let go = Arc::new(Notify::new());
    let (done, _finished) = mpsc::unbounded_channel();
    let mut config = ConnectionConfig::server();
    config.max_in_flight = 1;
    config.max_queued_requests = 1;
    let Running { mut peer, channel, .. } = start_with(waiting(&go, &done), config, 1 << 16);
    // The third stays read in part, as only two requests are allowed at a time.
    let mut bytes = encode(&request(1, 1));
    bytes.extend(encode(&request(1, 2)));
    bytes.extend(&encode(&request(1, 3))[..20]);
    peer.send_bytes(&bytes).await;
    sleep(300 * SECOND).await;
    assert!(!channel.is_closed());
}
