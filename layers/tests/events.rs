//! `events`.
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

mod common;

use common::{connection, driver};
use rocketmq_tower_core::{
    Addr, Channel, ChannelInfo, CloseReason, Connection, Disconnect, RemotingCommand,
};
use rocketmq_tower_layers::events::{Event, EventStream};
use rocketmq_tower_layers::{ConnectionLimitLayer, EventsLayer, IdleTimeoutLayer};
use rocketmq_tower_test_support::{SECOND, encode, sleeper, soon, within};
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::time::{sleep, timeout};
use tokio_test::io::Builder;
use tower::{Service, ServiceBuilder, ServiceExt, service_fn};

/// The names of all events of a connection.
async fn names(events: &mut EventStream) -> Vec<&'static str> {
    let mut names = Vec::new();
    while names.last() != Some(&"DISCONNECTED") {
        names.push(within(200 * SECOND, events.recv()).await.expect("more events").name());
    }
    names
}

#[tokio::test(start_paused = true)]
async fn what_ends_a_connection_is_told_in_order_and_once() {
    type End = fn(Channel, DuplexStream);
    let ends: [(End, &[&str]); 4] = [
        (|_, peer| drop(peer), &["CONNECTED", "DISCONNECTED"]),
        (|channel, _| channel.close("enough"), &["CONNECTED", "DISCONNECTED"]),
        (|_, peer| std::mem::forget(peer), &["CONNECTED", "IDLE", "DISCONNECTED"]),
        (
            |_, mut peer| {
                tokio::spawn(async move { peer.write_all(&[0xff; 4]).await });
            },
            &["CONNECTED", "EXCEPTION", "DISCONNECTED"],
        ),
    ];
    for (end, expected) in ends {
        let (layer, mut events) = EventsLayer::stream(16);
        let mut service = ServiceBuilder::new()
            .layer(layer)
            .layer(IdleTimeoutLayer::default())
            .service(driver(service_fn(sleeper)));
        let (peer, conn) = connection();
        let channel = conn.channel();
        let life = tokio::spawn(service.call(conn));
        end(channel.clone(), peer);
        assert_eq!(names(&mut events).await, expected);
        let reason = channel.close_reason().expect("closed");
        let Ok(disconnect) = soon(life).await.expect("no panic");
        assert_eq!(disconnect.reason.to_string(), reason.to_string());
        drop(service);
        assert!(events.recv().await.is_none(), "nothing comes after");
    }
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_breaks_is_an_exception() {
    let (layer, mut events) = EventsLayer::stream(16);
    let io = Builder::new().read_error(ErrorKind::ConnectionReset.into()).build();
    let broken = Connection::new(io, ChannelInfo::default());
    let mut service = ServiceBuilder::new().layer(layer).service(driver(service_fn(sleeper)));
    soon(service.call(broken)).await.expect("infallible");
    assert_eq!(names(&mut events).await, ["CONNECTED", "EXCEPTION", "DISCONNECTED"]);
}

#[tokio::test(start_paused = true)]
async fn events_carry_the_channel_and_the_reason() {
    let (layer, mut events) = EventsLayer::stream(16);
    let mut service = ServiceBuilder::new().layer(layer).service(driver(service_fn(sleeper)));
    let (mut peer, conn) = connection();
    let id = conn.channel().id();
    tokio::spawn(service.call(conn));
    peer.write_all(b"GET / HTTP/1.1\r\n").await.expect("open");
    let connected = soon(events.recv()).await.expect("connected");
    assert_eq!(
        (connected.channel().id(), connected.channel().peer_addr().to_string()),
        (id, "127.0.0.1:5000".into())
    );
    let Some(Event::Exception(_, CloseReason::Protocol(error))) = soon(events.recv()).await else {
        panic!()
    };
    assert_eq!(error.to_string(), "the peer speaks HTTP/1, this port speaks RocketMQ remoting");
    let Some(Event::Disconnected(_, CloseReason::Protocol(_))) = soon(events.recv()).await else {
        panic!()
    };
}

/// A layer that reads a PROXY header sets the address like this.
#[tokio::test(start_paused = true)]
async fn all_events_tell_the_address_that_layers_outside_have_set() {
    let client: SocketAddr = "192.0.2.7:5".parse().expect("an address");
    let (layer, mut events) = EventsLayer::stream(16);
    let mut service = ServiceBuilder::new()
        .map_request(move |mut conn: Conn| {
            conn.info_mut().peer_addr = client.into();
            conn
        })
        .layer(layer)
        .service(driver(service_fn(sleeper)));
    let (_peer, conn) = connection();
    let channel = conn.channel();
    tokio::spawn(service.call(conn));
    for name in ["CONNECTED", "DISCONNECTED"] {
        let event = soon(events.recv()).await.expect("an event");
        assert_eq!((event.name(), event.channel().peer_addr()), (name, &Addr::Ip(client)));
        channel.close("enough");
    }
}

#[tokio::test(start_paused = true)]
async fn aborted_and_panicking_connections_are_told_too() {
    let (layer, mut events) = EventsLayer::stream(1);
    let mut service = layer_around(layer.clone(), |_conn| async { std::future::pending().await });
    let aborted = tokio::spawn(service.call(connection().1));
    assert_eq!(soon(events.recv()).await.expect("an event").name(), "CONNECTED");
    aborted.abort();
    assert_eq!(names(&mut events).await, ["EXCEPTION", "DISCONNECTED"]);

    let mut service = layer_around(layer.clone(), |_conn| async { panic!("a bug in a layer") });
    tokio::spawn(service.call(connection().1)).await.expect_err("panicked");
    assert_eq!(names(&mut events).await, ["CONNECTED", "EXCEPTION", "DISCONNECTED"]);

    let mut service = layer_around(layer.clone(), |_conn| async { Err("failed".into()) });
    let life = tokio::spawn(service.call(connection().1));
    assert_eq!(names(&mut events).await, ["CONNECTED", "EXCEPTION", "DISCONNECTED"]);
    life.await.expect("no panic").expect_err("failed");

    drop(service.call(connection().1));
    assert!(timeout(SECOND, events.recv()).await.is_err(), "it never began");
}

type Conn = Connection<DuplexStream>;

fn layer_around<F>(
    layer: EventsLayer,
    f: fn(Conn) -> F,
) -> impl Service<
    Conn,
    Response = Disconnect,
    Error = rocketmq_tower_core::BoxError,
    Future: Send + 'static,
>
where
    F: Future<Output = Result<Disconnect, rocketmq_tower_core::BoxError>> + Send + 'static,
{
    ServiceBuilder::new().layer(layer).service(service_fn(f))
}

#[tokio::test(start_paused = true)]
async fn nothing_is_read_before_connected_is_told() {
    let (layer, mut events) = EventsLayer::stream(1);
    let mut service = ServiceBuilder::new().layer(layer).service(driver(service_fn(sleeper)));
    let (_first_peer, first) = connection();
    tokio::spawn(service.call(first));
    let (mut peer, conn) = connection();
    tokio::spawn(service.call(conn));
    peer.write_all(&encode(&RemotingCommand::request(0))).await.expect("room in the pipe");
    let mut answer = [0; 1];
    assert!(timeout(10 * SECOND, peer.read(&mut answer)).await.is_err(), "the queue is full");
    soon(events.recv()).await.expect("the first");
    soon(peer.read_exact(&mut answer)).await.expect("answered");
}

/// A slow listener delays new connections, and no event is lost.
#[tokio::test(start_paused = true)]
async fn a_slow_listener_pushes_back_on_accept() {
    let (layer, mut events) = EventsLayer::stream(2);
    let mut service = ServiceBuilder::new()
        .layer(ConnectionLimitLayer::new(3))
        .layer(layer)
        .service(driver(service_fn(sleeper)));
    let mut accepted = 0;
    while let Ok(ready) = timeout(10 * SECOND, ServiceExt::<Conn>::ready(&mut service)).await {
        let (peer, conn) = connection();
        drop(peer);
        tokio::spawn(ready.expect("ready").call(conn));
        accepted += 1;
        assert!(accepted < 100, "nobody takes events, so connections must not come and go");
    }
    // One connection has delivered both its events; three hold permits until they have, too.
    assert_eq!(accepted, 4);
    let reader = tokio::spawn(async move {
        let mut told = 0;
        while soon(events.recv()).await.is_some() {
            told += 1;
        }
        told
    });
    for _ in 0..20 {
        let (peer, conn) = connection();
        drop(peer);
        tokio::spawn(
            soon(ServiceExt::<Conn>::ready(&mut service)).await.expect("ready").call(conn),
        );
    }
    drop(service);
    assert_eq!(soon(reader).await.expect("no panic"), 2 * (4 + 20), "not one was lost");
}

#[tokio::test(start_paused = true)]
async fn disconnected_does_not_wait_for_requests_that_still_run() {
    let (layer, mut events) = EventsLayer::stream(16);
    let mut service = ServiceBuilder::new().layer(layer).service(driver(service_fn(sleeper)));
    let (mut peer, conn) = connection();
    let channel = conn.channel();
    let life = tokio::spawn(service.call(conn));
    peer.write_all(&encode(&RemotingCommand::request(100))).await.expect("open");
    sleep(SECOND).await;
    channel.close("test");
    assert_eq!(names(&mut events).await, ["CONNECTED", "DISCONNECTED"]);
    assert!(!life.is_finished());
    within(200 * SECOND, life).await.expect("no panic").expect("infallible");
}

#[tokio::test(start_paused = true)]
async fn addresses_of_disconnected_peers_are_broadcast() {
    let layer = EventsLayer::silent();
    let mut receivers = [layer.disconnected(), layer.disconnected()];
    let mut service =
        ServiceBuilder::new().layer(layer.clone()).service(driver(service_fn(sleeper)));
    let (peer, conn) = connection();
    drop(peer);
    service.call(conn).await.expect("infallible");
    for receiver in &mut receivers {
        let addr: Addr = soon(receiver.recv()).await.expect("an address");
        assert_eq!(addr.to_string(), "127.0.0.1:5000");
    }
}

#[tokio::test(start_paused = true)]
async fn without_a_reader_of_the_stream_connections_go_on() {
    let (layer, events) = EventsLayer::stream(1);
    let mut service = ServiceBuilder::new().layer(layer).service(driver(service_fn(sleeper)));
    drop(events);
    for _ in 0..10 {
        let (peer, conn) = connection();
        drop(peer);
        timeout(Duration::from_secs(60), service.call(conn))
            .await
            .expect("no wait")
            .expect("infallible");
    }
}
