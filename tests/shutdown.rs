//! Graceful shutdown.
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

mod common;

use common::{Scripted, run};
use rocketmq_tower::layers::EventsLayer;
use rocketmq_tower::layers::events::Event;
use rocketmq_tower::{
    BoxError, Connection, MqVersion, RemotingCommand, ResponseCode, Router, Server, service_fn,
};
use rocketmq_tower_test_support::{Raw, SECOND, echo, encode, request, sleeper, soon};
use std::collections::HashSet;
use std::io::ErrorKind;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, DuplexStream};
use tokio::net::TcpStream;
use tokio::sync::{Notify, oneshot};
use tokio::time::{Instant, sleep, timeout};
use tower::buffer::BufferLayer;
use tower::limit::ConcurrencyLimitLayer;

async fn slow_echo(request: RemotingCommand) -> Result<RemotingCommand, BoxError> {
    sleep(Duration::from_millis(20)).await;
    echo(request).await
}

/// Every request that reached the processor is answered; every other request gets GO_AWAY or fails
/// with its connection. So the answered requests are exactly the served ones.
#[tokio::test]
async fn under_load_no_answered_request_is_lost() {
    for version in [MqVersion::V5_3_3, MqVersion::V5_3_1] {
        let served = Arc::new(Mutex::new(HashSet::new()));
        let log = Arc::clone(&served);
        let processor = service_fn(move |request: RemotingCommand| {
            log.lock().expect("no panic").insert((request.code(), request.opaque()));
            slow_echo(request)
        });
        let server = run(Server::new(processor).bind("127.0.0.1:0").await.expect("binds"));
        let clients = (0..10).map(|code| {
            let addr = server.addr;
            tokio::spawn(async move {
                let stream = TcpStream::connect(addr).await.expect("connects");
                let (reader, mut writer) = stream.into_split();
                let load = tokio::spawn(async move {
                    for opaque in 0.. {
                        let frame = encode(&request(code, opaque).with_version(version));
                        if tokio::io::AsyncWriteExt::write_all(&mut writer, &frame).await.is_err() {
                            return;
                        }
                        tokio::task::yield_now().await;
                    }
                });
                let mut raw = Raw::new(tokio::io::join(reader, tokio::io::sink()));
                let (mut answered, mut away) = (Vec::new(), 0);
                while let Some(answer) = raw.next_or_end().await {
                    match answer.response_code() {
                        ResponseCode::SUCCESS => answered.push((code, answer.opaque())),
                        ResponseCode::GO_AWAY => away += 1,
                        other => panic!("{other}"),
                    }
                }
                load.abort();
                (answered, away)
            })
        });
        let clients: Vec<_> = clients.collect();
        sleep(Duration::from_millis(300)).await;
        let shutdown = server.stop().await;
        assert_eq!((shutdown.accepted, shutdown.aborted), (10, 0));
        let (mut answered, mut away) = (HashSet::new(), 0);
        for client in clients {
            let (of_client, away_from_client) = client.await.expect("no panic");
            answered.extend(of_client);
            away += away_from_client;
        }
        let served = served.lock().expect("no panic");
        assert!(served.len() > 100, "there was a load: {}", served.len());
        assert_eq!(answered, *served);
        assert_eq!(away > 0, version.knows_go_away(), "{away} were sent away");
    }
}

#[tokio::test]
async fn nobody_listens_while_it_drains() {
    let (start, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (started, gone) = (Arc::clone(&start), Arc::clone(&go));
    let processor = service_fn(move |request: RemotingCommand| {
        let (start, go) = (Arc::clone(&start), Arc::clone(&go));
        async move {
            start.notify_one();
            go.notified().await;
            echo(request).await
        }
    });
    let server = run(Server::new(processor).bind("127.0.0.1:0").await.expect("binds"));
    let mut client = Raw::connect(server.addr).await;
    client.send(&request(1, 1)).await;
    soon(started.notified()).await;
    server.stop.send(()).expect("runs");
    soon(async {
        loop {
            match TcpStream::connect(server.addr).await {
                Err(error) if error.kind() == ErrorKind::ConnectionRefused => return,
                _ => tokio::task::yield_now().await,
            }
        }
    })
    .await;
    let away = client.call(&request(1, 2)).await;
    assert_eq!((away.opaque(), away.response_code()), (2, ResponseCode::GO_AWAY));
    gone.notify_one();
    assert_eq!(client.next().await.expect("what ran").opaque(), 1);
    assert!(client.next_or_end().await.is_none());
    drop(client);
    assert_eq!(soon(server.task).await.expect("no panic").expect("no failure").aborted, 0);
}

/// Java looks up the processor first. A client that receives GO_AWAY calls another server, and
/// learns there which codes are supported.
#[tokio::test(start_paused = true)]
async fn codes_without_a_processor_are_sent_away_like_all_others() {
    let (listener, mut peers) = Scripted::new(1, false);
    let router = Router::builder().route(3, service_fn(sleeper)).build().expect("no duplicates");
    let (stop, stopped) = oneshot::channel::<()>();
    tokio::spawn(Server::new(router).listen(listener).serve_until(stopped));
    let mut peer = peers.remove(0);
    peer.send(&request(3, 1)).await;
    sleep(SECOND).await;
    stop.send(()).expect("runs");
    for (version, code) in [
        (MqVersion::V5_3_3, ResponseCode::GO_AWAY),
        (MqVersion::V5_3_1, ResponseCode::REQUEST_CODE_NOT_SUPPORTED),
    ] {
        let answer = peer.call(&request(77, 2).with_version(version)).await;
        assert_eq!((answer.opaque(), answer.response_code()), (2, code));
    }
    assert_eq!(peer.next().await.expect("what ran").opaque(), 1);
}

/// A connection that never finishes.
#[tokio::test(start_paused = true)]
async fn what_is_left_at_the_deadline_is_cut_and_counted() {
    let (listener, mut peers) = Scripted::new(5, false);
    let stuck = service_fn(|request: RemotingCommand| async move {
        if request.code() == 2 {
            std::future::pending::<()>().await;
        }
        echo(request).await
    });
    let (stop, stopped) = oneshot::channel::<()>();
    let server = Server::new(stuck).drain_deadline(7 * SECOND).listen(listener);
    let connections = server.connections();
    let server = tokio::spawn(server.serve_until(stopped));
    for (code, peer) in [2, 1, 2, 1, 1].into_iter().zip(&mut peers) {
        peer.send(&request(code, 1)).await;
        if code == 1 {
            peer.receive().await;
        }
    }
    sleep(SECOND).await;
    let started = Instant::now();
    stop.send(()).expect("runs");
    let shutdown = soon(server).await.expect("no panic").expect("no failure");
    assert_eq!((shutdown.accepted, shutdown.aborted, started.elapsed()), (5, 2, 7 * SECOND));
    assert!(connections.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_signal_that_is_there_at_once_ends_the_server_at_once() {
    let (listener, _peers) = Scripted::new(0, false);
    let server = Server::new(service_fn(echo)).listen(listener);
    let shutdown = soon(server.serve_until(std::future::ready(()))).await.expect("no failure");
    assert_eq!((shutdown.accepted, shutdown.aborted), (0, 0));
}

/// Their processors may run until the deadline, but no connection is left to abort.
#[tokio::test(start_paused = true)]
async fn connections_that_are_closed_already_are_not_counted_as_cut() {
    let (listener, mut peers) = Scripted::new(3, false);
    let stuck = service_fn(|_| std::future::pending::<Result<RemotingCommand, BoxError>>());
    let (stop, stopped) = oneshot::channel::<()>();
    let server = Server::new(stuck).drain_deadline(7 * SECOND).listen(listener);
    let connections = server.connections();
    let server = tokio::spawn(server.serve_until(stopped));
    for peer in &mut peers {
        peer.send(&request(1, 1)).await;
    }
    sleep(SECOND).await;
    for channel in connections.channels().iter().take(2) {
        channel.close("enough");
        soon(channel.closed()).await;
    }
    stop.send(()).expect("runs");
    let shutdown = soon(server).await.expect("no panic").expect("no failure");
    assert_eq!((shutdown.accepted, shutdown.aborted), (3, 1));
}

/// Parked requests delay a drain until the deadline, unless their owner listens for the drain.
#[tokio::test(start_paused = true)]
async fn deferred_answers_are_waited_for_and_can_be_given_when_draining() {
    // After the last response, the peer has a second for requests that are on their way.
    for (answers, (seconds, cut)) in [(false, (30, 1)), (true, (1, 0))] {
        let server = Server::new(service_fn(move |request: RemotingCommand| async move {
            let responder = request.defer()?;
            tokio::spawn(async move {
                responder.channel().draining().await;
                if !answers {
                    std::future::pending::<()>().await;
                }
                responder.send(RemotingCommand::response(ResponseCode::PULL_NOT_FOUND))
            });
            Ok::<Option<RemotingCommand>, BoxError>(None)
        }));
        let (listener, mut peers) = Scripted::new(1, false);
        let (stop, stopped) = oneshot::channel::<()>();
        let server = tokio::spawn(server.listen(listener).serve_until(stopped));
        let mut peer = peers.remove(0);
        peer.send(&request(1, 1)).await;
        sleep(SECOND).await;
        let started = Instant::now();
        stop.send(()).expect("runs");
        if answers {
            let answer = peer.next().await.expect("an answer");
            assert_eq!(answer.response_code(), ResponseCode::PULL_NOT_FOUND);
        }
        let ended = timeout(40 * SECOND, async {
            assert!(peer.io.read_u8().await.is_err(), "nothing more");
            drop(peer);
            server.await
        });
        let shutdown = ended.await.expect("ends").expect("no panic").expect("no failure");
        assert_eq!((started.elapsed().as_secs(), shutdown.aborted), (seconds, cut));
    }
}

/// This includes connections that a layer has not let through yet.
#[tokio::test(start_paused = true)]
async fn connections_that_wait_in_a_layer_are_drained() {
    let (listener, mut peers) = Scripted::new(3, false);
    let (stop, stopped) = oneshot::channel::<()>();
    let server = Server::new(service_fn(echo))
        .connection_layer(BufferLayer::<Connection<DuplexStream>>::new(8))
        .connection_layer(ConcurrencyLimitLayer::new(1))
        .listen(listener);
    let connections = server.connections();
    let server = tokio::spawn(server.serve_until(stopped));
    for peer in &mut peers {
        peer.send(&request(1, 1)).await;
    }
    peers[0].next().await.expect("served");
    while connections.len() < 3 {
        tokio::task::yield_now().await;
    }
    let started = Instant::now();
    stop.send(()).expect("runs");
    for peer in &mut peers {
        while peer.next().await.is_some() {}
    }
    drop(peers);
    let shutdown = soon(server).await.expect("no panic").expect("no failure");
    assert_eq!((shutdown.accepted, shutdown.aborted), (3, 0));
    assert!(started.elapsed() < 30 * SECOND, "not cut at the deadline");
}

#[tokio::test(start_paused = true)]
async fn the_listener_has_seen_every_connection_go() {
    let (listener, peers) = Scripted::new(1000, false);
    let gone = Arc::new(Mutex::new(0));
    let count = Arc::clone(&gone);
    let events = EventsLayer::from_fn(move |event| {
        if let Event::Disconnected(..) = event {
            *count.lock().expect("no panic") += 1;
        }
    });
    let server = Server::new(service_fn(echo)).events(events).listen(listener);
    soon(server.serve_until(sleep(SECOND))).await.expect("no failure");
    assert_eq!(*gone.lock().expect("no panic"), 1000);
    drop(peers);
}
