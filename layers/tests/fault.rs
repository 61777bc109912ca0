//! `fault` at both levels, and around clients.
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

mod common;

use common::{Lifetime, connection, driver, limited, parking, served};
use rocketmq_tower_core::channel::CallError;
use rocketmq_tower_core::{
    Abort, BoxError, Channel, CloseReason, Connection, RemotingCommand, RequestCode, ResponseCode,
};
use rocketmq_tower_layers::fault::{ConnectionFault, Faults, RequestFault, Rule};
use rocketmq_tower_layers::{CodeDistributionLayer, FaultLayer};
use rocketmq_tower_test_support::{SECOND, assert_accessors, echo, encode, request, soon};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::sync::{Semaphore, mpsc};
use tokio::time::{Instant, timeout};
use tokio_test::{assert_pending, assert_ready_ok, task};
use tower::{Layer, Service, ServiceBuilder, ServiceExt, service_fn};

const SEND: RequestCode = RequestCode::SEND_MESSAGE_V2;

fn busy() -> RequestFault {
    RequestFault::Respond(Abort::new(ResponseCode::SYSTEM_BUSY, "busy"))
}

/// A channel to an echo server with faults, and the number of requests that reached the processor.
fn echoing(faults: &Faults) -> (Channel, Arc<AtomicUsize>) {
    let reached = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&reached);
    let processor = service_fn(move |request| {
        count.fetch_add(1, Ordering::Relaxed);
        echo(request)
    });
    (served(FaultLayer::new(faults), processor), reached)
}

async fn code(channel: &Channel) -> Result<ResponseCode, CallError> {
    let answer = channel.invoke(RemotingCommand::request(SEND), SECOND).await;
    answer.map(|answer| answer.response_code())
}

#[tokio::test(start_paused = true)]
async fn rules_come_and_go_while_the_server_runs() {
    let faults = Faults::new(1);
    let (channel, reached) = echoing(&faults);
    assert_eq!(code(&channel).await.expect("no fault"), ResponseCode::SUCCESS);
    faults.requests([Rule::new(busy())]);
    assert_eq!(code(&channel).await.expect("an answer"), ResponseCode::SYSTEM_BUSY);
    faults.requests([Rule::new(busy()).code(1).code(2)]);
    assert_eq!(code(&channel).await.expect("another code"), ResponseCode::SUCCESS);
    faults.requests([Rule::new(busy()).code(1).code(SEND).times(2)]);
    for expected in [ResponseCode::SYSTEM_BUSY, ResponseCode::SYSTEM_BUSY, ResponseCode::SUCCESS] {
        assert_eq!(code(&channel).await.expect("an answer"), expected);
    }
    faults.requests([Rule::new(busy())]);
    faults.clear();
    assert_eq!(code(&channel).await.expect("no fault"), ResponseCode::SUCCESS);
    assert_eq!((faults.injected(), reached.load(Ordering::Relaxed)), (3, 4));
}

#[tokio::test(start_paused = true)]
async fn delays_add_up_before_another_fault() {
    let faults = Faults::new(1);
    let (channel, reached) = echoing(&faults);
    let delay = |millis| RequestFault::Delay(std::time::Duration::from_millis(millis));
    let started = Instant::now();
    faults.requests([Rule::new(delay(100)), Rule::new(delay(200))]);
    assert_eq!(code(&channel).await.expect("late"), ResponseCode::SUCCESS);
    assert_eq!(started.elapsed().as_millis(), 300);
    faults.requests([Rule::new(delay(100)), Rule::new(busy()), Rule::new(delay(9999))]);
    assert_eq!(code(&channel).await.expect("late"), ResponseCode::SYSTEM_BUSY);
    assert_eq!(started.elapsed().as_millis(), 400);
    assert_eq!((faults.injected(), reached.load(Ordering::Relaxed)), (4, 1));
}

#[tokio::test(start_paused = true)]
async fn requests_and_responses_are_lost() {
    let faults = Faults::new(1);
    let (channel, reached) = echoing(&faults);
    for (fault, count) in [(RequestFault::LoseRequest, 0), (RequestFault::LoseResponse, 1)] {
        faults.requests([Rule::new(fault)]);
        channel.invoke_oneway(RemotingCommand::request(7)).await.expect("sent");
        let lost = code(&channel).await.expect_err("lost");
        assert!(matches!(lost, CallError::Timeout { .. }), "{lost:?}");
        faults.clear();
        code(&channel).await.expect("the connection goes on");
        let reached = reached.swap(0, Ordering::Relaxed);
        assert_eq!(reached, 1 + 2 * count, "the call, the oneway request, and the last call");
    }
}

/// The response of an error is lost like any other.
#[tokio::test(start_paused = true)]
async fn errors_are_lost_too_and_deferred_responses_are_not() {
    let faults = Faults::new(1);
    faults.requests([Rule::new(RequestFault::LoseResponse)]);
    let failing = service_fn(|_| async { Err::<RemotingCommand, BoxError>("no".into()) });
    let channel = served(FaultLayer::new(&faults), failing);
    code(&channel).await.expect_err("lost");

    let (parked, mut responders) = mpsc::unbounded_channel();
    let channel = served(FaultLayer::new(&faults), parking(parked));
    let call = tokio::spawn(async move { code(&channel).await });
    let responder = soon(responders.recv()).await.expect("parked");
    responder.send(RemotingCommand::response(ResponseCode::PULL_NOT_FOUND)).expect("open");
    let answer = soon(call).await.expect("no panic").expect("an answer");
    assert_eq!(answer, ResponseCode::PULL_NOT_FOUND);
}

/// Layers outside see that there was no response.
#[tokio::test(start_paused = true)]
async fn a_lost_response_is_not_counted_as_one() {
    let faults = Faults::new(1);
    faults.requests([Rule::new(RequestFault::LoseRequest)]);
    let distribution = CodeDistributionLayer::new();
    let traffic = distribution.traffic();
    let layers =
        ServiceBuilder::new().layer(distribution).layer(FaultLayer::new(&faults)).into_inner();
    let channel = served(layers, service_fn(echo));
    code(&channel).await.expect_err("lost");
    assert_eq!(traffic.requests().get(SEND), 1);
    assert!(traffic.responses().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_request_closes_its_connection() {
    let faults = Faults::new(1);
    faults.requests([Rule::new(RequestFault::Disconnect)]);
    let (channel, reached) = echoing(&faults);
    let error = code(&channel).await.expect_err("closed");
    assert!(matches!(error, CallError::Closed(_)), "{error:?}");
    assert!(matches!(soon(channel.closed()).await, CloseReason::PeerClosed));
    assert_eq!(reached.load(Ordering::Relaxed), 0);
}

#[tokio::test(start_paused = true)]
async fn around_a_client() {
    let faults = Faults::new(1);
    let (channel, reached) = echoing(&Faults::new(1));
    let mut client = FaultLayer::new(&faults).layer(channel);
    let mut call = async |fault| {
        faults.requests([Rule::new(fault)]);
        let call = client.ready().await.expect("ready").call(RemotingCommand::request(SEND));
        timeout(SECOND, call).await.map(|answer| answer.map(|answer| answer.response_code()))
    };
    let busy = call(busy()).await.expect("in time").expect("an answer");
    assert_eq!(busy, ResponseCode::SYSTEM_BUSY);
    assert!(call(RequestFault::LoseRequest).await.is_err(), "the call never ends");
    let reset = call(RequestFault::Disconnect).await.expect("in time").expect_err("reset");
    let reset = reset.downcast_ref::<io::Error>().expect("an I/O error");
    assert_eq!(reset.kind(), io::ErrorKind::ConnectionReset);
    assert_eq!(reached.load(Ordering::Relaxed), 0);
    assert!(call(RequestFault::LoseResponse).await.is_err(), "the call never ends");
    assert_eq!(reached.load(Ordering::Relaxed), 1);
}

#[tokio::test(start_paused = true)]
async fn the_seed_decides() {
    let draws = async |seed, probability| {
        let faults = Faults::new(seed);
        faults.requests([Rule::new(busy()).probability(probability)]);
        let (channel, _) = echoing(&faults);
        let mut draws = Vec::new();
        for _ in 0..400 {
            draws.push(code(&channel).await.expect("an answer") == ResponseCode::SYSTEM_BUSY);
        }
        (draws, faults.injected())
    };
    let (first, hits) = draws(7, 0.25).await;
    assert!((60..140).contains(&hits), "{hits}");
    assert_eq!(draws(7, 0.25).await, (first.clone(), hits));
    assert_ne!(draws(8, 0.25).await.0, first);
    for (probability, hits) in [(0.0, 0), (-1.0, 0), (f64::NAN, 0), (1.0, 400), (9.0, 400)] {
        assert_eq!(draws(7, probability).await.1, hits, "{probability}");
    }
}

/// Only a delay keeps the permit that was reserved for the request.
#[tokio::test(start_paused = true)]
async fn readiness_is_released_or_used() {
    let limit = Arc::new(Semaphore::new(1));
    let faults = Faults::new(1);
    let (mut service, mut handle) = limited(&FaultLayer::new(&faults), &limit);
    let call = |service: &mut tower_test::mock::Spawn<_>, fault| {
        faults.requests([Rule::new(fault)]);
        assert_ready_ok!(service.poll_ready::<RemotingCommand>());
        assert_eq!(limit.available_permits(), 0);
        task::spawn(service.call(RemotingCommand::request(1)))
    };
    for fault in [busy(), RequestFault::LoseRequest, RequestFault::Disconnect] {
        let _call = call(&mut service, fault);
        assert_eq!(limit.available_permits(), 1);
    }
    let mut late = call(&mut service, RequestFault::Delay(SECOND));
    assert_pending!(late.poll());
    assert_eq!(limit.available_permits(), 0);
    tokio::time::advance(SECOND).await;
    assert_pending!(late.poll());
    let (_, respond) = soon(handle.next_request()).await.expect("called");
    respond.send_response(RemotingCommand::response(0));
    assert_ready_ok!(late.poll());
    drop(late);
    assert_eq!(limit.available_permits(), 1);
}

fn start(faults: &Faults) -> (DuplexStream, Channel, Lifetime) {
    common::start(FaultLayer::new(faults).layer(driver(service_fn(echo))))
}

/// Sends two requests, and reads to the end, for at most a second.
async fn exchange(peer: &mut DuplexStream) -> Vec<u8> {
    let mut requests = encode(&request(1, 1).with_body(vec![7; 10_000])).to_vec();
    requests.extend_from_slice(&encode(&request(2, 2)));
    _ = peer.write_all(&requests).await;
    let mut bytes = Vec::new();
    _ = timeout(SECOND, peer.read_to_end(&mut bytes)).await;
    bytes
}

#[tokio::test(start_paused = true)]
async fn connections_are_truncated() {
    let faults = Faults::new(1);
    let (mut peer, channel, _life) = start(&faults);
    let whole = exchange(&mut peer).await;
    assert!(!channel.is_closed());
    for bytes in [0, 1, 50, 10_001, whole.len() - 1] {
        faults.connections([Rule::new(ConnectionFault::Truncate(bytes as u64))]);
        let (mut peer, channel, life) = start(&faults);
        assert_eq!(exchange(&mut peer).await, whole[..bytes], "{bytes}");
        let Ok(end) = soon(life).await.expect("no panic");
        assert!(matches!(end.reason, CloseReason::Io(_)), "{end:?}");
        assert!(channel.is_closed());
    }
    faults.connections([Rule::new(ConnectionFault::Truncate(whole.len() as u64))]);
    let (mut peer, channel, _life) = start(&faults);
    assert_eq!(exchange(&mut peer).await, whole);
    assert!(!channel.is_closed(), "until it would write more");
}

#[tokio::test(start_paused = true)]
async fn connections_are_late_or_not_served() {
    let faults = Faults::new(1);
    faults.connections([Rule::new(ConnectionFault::Disconnect)]);
    let (mut peer, channel, _life) = start(&faults);
    assert!(exchange(&mut peer).await.is_empty());
    assert!(matches!(channel.close_reason(), Some(CloseReason::Requested(_))));

    let delay = || Rule::new(ConnectionFault::Delay(5 * SECOND));
    faults.connections([delay(), Rule::new(ConnectionFault::Truncate(3)).times(1)]);
    let started = Instant::now();
    let (mut peer, _, _life) = start(&faults);
    peer.write_all(&encode(&request(1, 1))).await.expect("open");
    let mut bytes = Vec::new();
    soon(peer.read_to_end(&mut bytes)).await.expect("an end");
    assert_eq!((bytes.len(), started.elapsed()), (3, 5 * SECOND));
    assert_eq!(faults.injected(), 3);
}

/// A connection that a fault refuses releases the permit of a shared limit.
#[tokio::test]
async fn a_connection_that_is_not_served_holds_no_permit() {
    let limit = Arc::new(Semaphore::new(1));
    let faults = Faults::new(1);
    faults.connections([Rule::new(ConnectionFault::Disconnect)]);
    let inner = tower::limit::ConcurrencyLimit::with_semaphore(
        driver(service_fn(echo)),
        Arc::clone(&limit),
    );
    let mut service = FaultLayer::new(&faults).layer(inner);
    let (_peer, conn) = connection();
    let ready = ServiceExt::<Connection<DuplexStream>>::ready(&mut service).await.expect("ready");
    let _end = ready.call(conn).await.expect("no failure");
    assert_eq!(limit.available_permits(), 1);
}

#[test]
fn accessors_and_debug_output() {
    let faults = Faults::new(1);
    assert_accessors!(FaultLayer::new(&faults));
    faults.requests([Rule::new(RequestFault::LoseRequest)]);
    let text = format!("{:?}", FaultLayer::new(&faults));
    assert!(text.contains("LoseRequest") && !text.contains("RwLock"), "{text}");
}
