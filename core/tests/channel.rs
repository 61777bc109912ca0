//! The channel: the handle to a connection, used as a service.
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

mod common;

use common::{Running, start, start_with};
use rocketmq_tower_core::channel::CallStage;
use rocketmq_tower_core::codec::EncodeError;
use rocketmq_tower_core::driver::{ConnectionConfig, Driver};
use rocketmq_tower_core::{
    Addr, BoxError, CallError, ChannelInfo, CloseReason, Connection, RemotingCommand, ResponseCode,
};
use rocketmq_tower_test_support::{SECOND, answer, echo, request, soon};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::time::{Instant, sleep};
use tokio_test::{assert_pending, assert_ready_err, assert_ready_ok, task};
use tower::{ServiceExt, service_fn};
use tower_service::Service;

#[tokio::test(start_paused = true)]
async fn readiness_reserves_a_slot_and_gives_it_back() {
    let mut config = ConnectionConfig::server();
    config.max_calls = 1;
    let Running { channel, .. } = start_with(service_fn(echo), config, 1024);
    let mut first = channel.clone();
    let mut second = task::spawn(channel.clone());
    first.ready().await.expect("a slot");
    assert_pending!(second.enter(|cx, mut channel| channel.poll_ready(cx)));
    let clone = first.clone();
    drop(first);
    assert!(second.is_woken(), "a permit that was not used is free again");
    assert_ready_ok!(second.enter(|cx, mut channel| channel.poll_ready(cx)));
    assert_ready_ok!(second.enter(|cx, mut channel| channel.poll_ready(cx)), "and stays reserved");
    let mut clone = task::spawn(clone);
    assert_pending!(
        clone.enter(|cx, mut channel| channel.poll_ready(cx)),
        "a clone starts empty-handed"
    );
    let unready = channel.clone().call(request(1, 1)).await;
    assert!(matches!(unready, Err(CallError::NotReady)), "{unready:?}");
}

#[tokio::test(start_paused = true)]
async fn calls_as_a_service() {
    let Running { mut peer, channel, .. } = start(service_fn(echo));
    let call = tokio::spawn(channel.oneshot(request(5, 33)));
    let asked = peer.receive().await;
    assert_eq!((asked.code(), asked.is_response()), (5, false));
    peer.send(&answer(asked.opaque())).await;
    assert_eq!(soon(call).await.expect("no panic").expect("answered").opaque(), 33);
}

#[tokio::test(start_paused = true)]
async fn a_closed_connection_is_never_ready() {
    let Running { channel, peer, .. } = start(service_fn(echo));
    let mut reserved = channel.clone();
    reserved.ready().await.expect("a slot");
    drop(peer);
    soon(channel.closed()).await;
    for channel in [channel, reserved] {
        let mut channel = task::spawn(channel);
        let error = assert_ready_err!(channel.enter(|cx, mut channel| channel.poll_ready(cx)));
        assert!(matches!(error, CallError::NotSent(CloseReason::PeerClosed)), "{error:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_timeout_says_what_it_waited_for() {
    let mut config = ConnectionConfig::server();
    config.max_calls = 1;
    let Running { peer, channel, .. } = start_with(service_fn(echo), config, 1024);
    let (first, second) = tokio::join!(
        channel.invoke(request(1, 1), 2 * SECOND),
        channel.invoke(request(1, 2), SECOND)
    );
    let stage = |result| match result {
        Err(CallError::Timeout { stage, timeout }) => (stage, timeout),
        other => panic!("{other:?}"),
    };
    assert_eq!(stage(first), (CallStage::Answer, 2 * SECOND));
    assert_eq!(stage(second), (CallStage::Capacity, SECOND));
    drop(peer);
}

/// The timeout covers waiting for a permit, sending, and waiting for the response.
#[tokio::test(start_paused = true)]
async fn a_call_has_one_time_and_ends_exactly_then() {
    let mut config = ConnectionConfig::server();
    config.max_calls = 1;
    let Running { peer: _peer, channel, .. } = start_with(service_fn(echo), config, 1024);
    let started = Instant::now();
    let (_, second) = tokio::join!(
        channel.invoke(request(1, 1), SECOND),
        channel.invoke(request(1, 2), SECOND * 3 / 2)
    );
    let error = second.expect_err("nobody answers");
    let CallError::Timeout { timeout, stage: CallStage::Answer } = error else { panic!("{error}") };
    assert_eq!(timeout, SECOND * 3 / 2, "the full timeout, not the remaining time");
    assert_eq!(started.elapsed(), SECOND * 3 / 2);
}

#[tokio::test(start_paused = true)]
async fn a_call_without_time_waits_for_nothing() {
    let mut config = ConnectionConfig::server();
    config.max_calls = 1;
    let Running { mut peer, channel, .. } = start_with(service_fn(echo), config, 1024);
    let started = Instant::now();
    let mut first = channel.clone();
    first.ready().await.expect("a slot");
    for stage in [CallStage::Capacity, CallStage::Answer] {
        let error = channel.invoke(request(1, 1), Duration::ZERO).await.expect_err("no time");
        assert!(matches!(error, CallError::Timeout { stage: at, .. } if at == stage), "{error}");
        first = channel.clone();
    }
    assert_eq!(started.elapsed(), Duration::ZERO);
    // Nothing was sent: the first request that arrives is this one.
    tokio::spawn(first.oneshot(request(7, 7)));
    assert_eq!(peer.receive().await.code(), 7);
}

#[tokio::test(start_paused = true)]
async fn slots_are_given_in_the_order_in_which_calls_came() {
    let mut config = ConnectionConfig::server();
    config.max_calls = 1;
    let Running { mut peer, channel, .. } = start_with(service_fn(echo), config, 1024);
    let mut calls = Vec::new();
    for code in 0..5 {
        let channel = channel.clone();
        calls
            .push(tokio::spawn(async move { channel.invoke(request(code, 1), 60 * SECOND).await }));
        tokio::task::yield_now().await;
    }
    for (code, call) in calls.into_iter().enumerate() {
        let asked = peer.receive().await;
        assert_eq!(asked.code() as usize, code);
        assert!(tokio::time::timeout(SECOND, peer.next()).await.is_err(), "one at a time");
        peer.send(&answer(asked.opaque())).await;
        soon(call).await.expect("no panic").expect("answered");
    }
}

#[tokio::test(start_paused = true)]
async fn oneway_requests_are_marked_and_bounded_by_what_is_written() {
    let mut config = ConnectionConfig::server();
    config.max_oneways = 2;
    config.write_high_water = 1;
    let Running { mut peer, channel, .. } = start_with(service_fn(echo), config, 16);
    let sender = tokio::spawn(async move {
        for opaque in 0..10 {
            channel.invoke_oneway(request(7, opaque)).await.expect("open");
        }
        channel
    });
    tokio::time::sleep(SECOND).await;
    assert!(!sender.is_finished(), "nothing is read, so few requests are accepted");
    for _ in 0..10 {
        let sent = peer.receive().await;
        assert!(sent.is_oneway() && sent.code() == 7);
    }
    let mut channel = sender.await.expect("no panic");
    // As a service, a oneway call returns an empty SUCCESS once the request is written.
    let call =
        tokio::spawn(async move { channel.ready().await?.call(request(8, 80).oneway()).await });
    assert_eq!(peer.receive().await.code(), 8);
    let written = soon(call).await.expect("no panic").expect("written");
    assert_eq!((written.response_code(), written.opaque()), (ResponseCode::SUCCESS, 80));
}

#[tokio::test(start_paused = true)]
async fn a_oneway_request_need_not_wait() {
    let mut config = ConnectionConfig::server();
    config.max_oneways = 2;
    let Running { peer, channel, .. } = start_with(service_fn(echo), config, 1024);
    channel.try_invoke_oneway(request(7, 1)).expect("a slot");
    channel.try_invoke_oneway(request(7, 2)).expect("a slot");
    let full = channel.try_invoke_oneway(request(7, 3)).expect_err("two are waiting");
    assert!(matches!(full, CallError::Full), "{full:?}");
    tokio::time::sleep(SECOND).await;
    channel.try_invoke_oneway(request(7, 3)).expect("they are written");
    drop(peer);
    soon(channel.closed()).await;
    let closed = channel.try_invoke_oneway(request(7, 4)).expect_err("closed");
    assert!(matches!(closed, CallError::NotSent(_)), "{closed:?}");
}

#[tokio::test(start_paused = true)]
async fn the_last_lasting_handle_ends_the_connection_when_its_calls_are_answered() {
    let Running { mut peer, channel, .. } = start(service_fn(echo));
    let lasting = channel.drain_on_drop();
    let observer = lasting.observer();
    let clone = lasting.clone();
    drop(lasting);
    let call = tokio::spawn(clone.oneshot(request(5, 33)));
    let asked = peer.receive().await;
    tokio::time::sleep(SECOND).await;
    assert!(observer.is_draining() && !observer.is_closed());
    assert_eq!((observer.calls(), observer.clone()), (1, observer.clone()));
    peer.send(&answer(asked.opaque())).await;
    assert_eq!(soon(call).await.expect("no panic").expect("answered").opaque(), 33);
    assert!(peer.next().await.is_none());
    drop(peer);
    assert!(matches!(soon(observer.closed()).await, CloseReason::Drained));
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_encoded_fails_alone() {
    let mut config = ConnectionConfig::server();
    config.max_frame_length = 1000;
    let Running { mut peer, channel, .. } = start_with(service_fn(echo), config, 1024);
    let long = request(1, 1).with_body(vec![0; 1000]);
    let error = channel.invoke(long.clone(), SECOND).await.expect_err("too long");
    let CallError::Encode(error) = error else { panic!("{error:?}") };
    assert!(matches!(*error, EncodeError::FrameTooLong { max: 1000, .. }), "{error:?}");
    channel.invoke_oneway(long).await.expect("handed over");
    let call = tokio::spawn(async move { channel.invoke(request(2, 2), SECOND).await });
    let asked = peer.receive().await;
    assert_eq!(asked.code(), 2);
    peer.send(&answer(asked.opaque())).await;
    soon(call).await.expect("no panic").expect("answered");
}

#[tokio::test(start_paused = true)]
async fn addresses_may_change_until_the_driver_starts() {
    let socket: SocketAddr = "10.0.0.1:9".parse().expect("an address");
    let client: SocketAddr = "192.0.2.7:5".parse().expect("an address");
    let (_ours, theirs) = tokio::io::duplex(1024);
    let mut connection = Connection::new(theirs, ChannelInfo::new(socket, socket));
    let channel = connection.channel();
    connection.info_mut().peer_addr = client.into();
    connection.info_mut().extensions.insert("a fact");
    assert_eq!(channel.peer_addr(), &Addr::Ip(socket));
    let driver = Driver::server(connection, service_fn(echo), ConnectionConfig::server());
    assert_eq!(channel.peer_addr(), &Addr::Ip(client));
    assert_eq!(channel.extensions().get::<&str>(), Some(&"a fact"));
    assert_eq!(channel.peer_addr().to_string(), "192.0.2.7:5");
    drop(driver);
    assert!(matches!(soon(channel.closed()).await, CloseReason::Aborted));
}

#[tokio::test(start_paused = true)]
async fn calls_wait_for_the_driver_and_end_with_the_connection() {
    let (_ours, theirs) = tokio::io::duplex(1024);
    let connection = Connection::new(theirs, ChannelInfo::default());
    let channel = connection.channel();
    let early = tokio::spawn(async move { channel.invoke(request(1, 1), 60 * SECOND).await });
    tokio::time::sleep(SECOND).await;
    assert!(!early.is_finished());
    drop(connection);
    let error = early.await.expect("no panic").expect_err("dropped");
    assert!(matches!(error, CallError::NotSent(CloseReason::Aborted)), "{error:?}");
}

/// Overloaded Java brokers respond to oneway requests as well.
#[tokio::test(start_paused = true)]
async fn an_answer_to_a_oneway_request_is_no_calls_answer() {
    let Running { mut peer, channel, .. } = start(service_fn(echo));
    let calling = channel.clone();
    let call = tokio::spawn(async move { calling.invoke(request(5, 80), 60 * SECOND).await });
    let asked = peer.receive().await;
    channel.invoke_oneway(request(10, asked.opaque())).await.expect("open");
    let oneway = peer.receive().await;
    assert!(oneway.is_oneway());
    peer.send(&answer(oneway.opaque()).with_remark("the oneway's")).await;
    peer.send(&answer(asked.opaque()).with_remark("the call's")).await;
    let got = soon(call).await.expect("no panic").expect("answered");
    assert_eq!((got.remark(), got.opaque()), (Some("the call's"), 80));
}

/// On the wire it is a oneway request, so the call waits for no response.
#[tokio::test(start_paused = true)]
async fn a_command_with_both_bits_is_called_as_it_is_sent() {
    let Running { mut peer, channel, .. } = start(service_fn(echo));
    let call =
        tokio::spawn(async move { channel.invoke(request(5, 1).with_flag(3), SECOND).await });
    assert!(peer.receive().await.is_oneway());
    soon(call).await.expect("no panic").expect("written");
}

/// Running, waiting for the service, and deferred ones, each counted once.
#[tokio::test(start_paused = true)]
async fn requests_of_the_peer_are_counted_until_they_are_answered() {
    let (parked, mut responders) = tokio::sync::mpsc::unbounded_channel();
    let service = service_fn(move |request: RemotingCommand| {
        let parked = parked.clone();
        async move {
            let responder = request.defer()?;
            // Deferred and running, for a second.
            sleep(SECOND).await;
            parked.send(responder)?;
            Ok::<_, BoxError>(None::<RemotingCommand>)
        }
    });
    let mut config = ConnectionConfig::server();
    config.max_in_flight = 2;
    let Running { mut peer, channel, task } = start_with(service, config, 64 * 1024);
    assert_eq!(channel.requests(), 0);
    for opaque in 0..3 {
        peer.send(&request(1, opaque)).await;
    }
    sleep(SECOND / 2).await;
    assert_eq!(channel.requests(), 3, "two run, and one waits");
    sleep(SECOND).await;
    assert_eq!(channel.requests(), 3, "two are deferred, and one runs");
    sleep(SECOND).await;
    assert_eq!((channel.requests(), channel.calls()), (3, 0));
    for left in [2, 1] {
        let responder = responders.try_recv().expect("deferred");
        responder.send(RemotingCommand::response(ResponseCode::SUCCESS)).expect("open");
        peer.receive().await;
        assert_eq!(channel.requests(), left);
    }
    responders.try_recv().expect("deferred").discard();
    sleep(SECOND).await;
    assert_eq!(channel.requests(), 0);
    peer.send(&request(1, 9)).await;
    sleep(SECOND / 2).await;
    assert_eq!(channel.requests(), 1);
    task.abort();
    soon(channel.closed()).await;
    tokio::task::yield_now().await;
    assert_eq!(channel.requests(), 0, "of a connection that was aborted");
}
