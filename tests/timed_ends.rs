//! Calls that are made just as a connection ends because it is idle, or has reached its maximum age,
//! over a network with a delay.
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

use rocketmq_tower::client::{Client, Connector, Transport};
use rocketmq_tower::layers::{IdleTimeoutLayer, MaxAgeLayer};
use rocketmq_tower::testing::{MemoryTransport, TestServer, memory};
use rocketmq_tower::{Addr, ChannelInfo, MqVersion, Processor, Server, service_fn};
use rocketmq_tower_test_support::{SECOND, echo, request, sleeper};
use std::io;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream};
use tokio::sync::mpsc::unbounded_channel;
use tokio::time::{Instant, sleep_until};

/// The resolution of tokio's timers.
const TICK: Duration = Duration::from_millis(1);

/// The delay of the network in each direction.
const DELAY: Duration = Duration::from_millis(4);

/// Passes bytes, and the end of the stream, on after the delay.
async fn delay(mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin + Send + 'static) {
    let (sender, mut receiver) = unbounded_channel::<(Instant, Vec<u8>)>();
    tokio::spawn(async move {
        while let Some((due, bytes)) = receiver.recv().await {
            sleep_until(due).await;
            let written =
                if bytes.is_empty() { to.shutdown().await } else { to.write_all(&bytes).await };
            if written.is_err() {
                return;
            }
        }
    });
    let mut buffer = [0; 1024];
    loop {
        let read = from.read(&mut buffer).await.unwrap_or(0);
        let sent = sender.send((Instant::now() + DELAY, buffer[..read].to_vec()));
        if read == 0 || sent.is_err() {
            return;
        }
    }
}

/// Dials, and puts the delay between both ends.
async fn dial(transport: MemoryTransport) -> io::Result<(DuplexStream, ChannelInfo)> {
    let (far, info) = transport.dial().await?;
    let (near, middle) = tokio::io::duplex(1024);
    let ((far_reader, far_writer), (reader, writer)) =
        (tokio::io::split(far), tokio::io::split(middle));
    tokio::spawn(delay(far_reader, writer));
    tokio::spawn(delay(reader, far_writer));
    Ok((near, info))
}

/// A transport over a network with a delay.
fn delayed(transport: MemoryTransport) -> impl Transport {
    service_fn(move |_: Addr| dial(transport.clone()))
}

/// For each time around `time`, as far as a round trip and both sides' timers reach: makes a call over
/// a connection that has been idle for that long, and is just as old. Returns the number of calls, and
/// the times of those that were lost.
async fn calls_around(
    time: Duration,
    version: MqVersion,
    server: impl TestServer,
    client: impl Fn(MemoryTransport) -> Client,
) -> (u32, Vec<Duration>) {
    let (listener, transport) = memory();
    let _server = server.spawn(listener);
    let (mut calls, mut lost, mut idle) = (0, Vec::new(), time - 20 * TICK);
    while idle <= time + 20 * TICK {
        let client = client(transport.clone());
        let call = |opaque| client.invoke("any", request(1, opaque).with_version(version), SECOND);
        call(1).await.expect("answered");
        sleep_until(Instant::now() + idle).await;
        calls += 1;
        if call(2).await.is_err() {
            lost.push(idle);
        }
        idle += TICK;
    }
    (calls, lost)
}

fn server() -> Server<impl Processor + Clone> {
    Server::new(service_fn(echo)).max_connections(None)
}

/// Also with a client that does not know `GO_AWAY`: its idle time is shorter than the server's.
#[tokio::test(start_paused = true)]
async fn no_call_is_lost_with_the_default_times() {
    for (time, version) in [
        (100 * SECOND, MqVersion::CURRENT),
        (120 * SECOND, MqVersion::CURRENT),
        (100 * SECOND, MqVersion::V5_3_1),
        (120 * SECOND, MqVersion::V5_3_1),
    ] {
        let client = |transport| {
            let connector = Connector::new().transport(delayed(transport));
            Client::builder().connector(connector).build()
        };
        assert_eq!(calls_around(time, version, server(), client).await, (41, vec![]));
    }
}

/// A server that drains its side waits for its peer, and answers `GO_AWAY` meanwhile.
#[tokio::test(start_paused = true)]
async fn no_call_is_lost_if_both_idle_times_are_equal() {
    let time = SECOND / 20;
    let client = |transport| {
        let connector = Connector::new().transport(delayed(transport)).idle_timeout(time);
        Client::builder().connector(connector).build()
    };
    let server = server().idle_timeout(time);
    assert_eq!(calls_around(time, MqVersion::CURRENT, server, client).await, (41, vec![]));
}

/// A client with a maximum age, a server with one, and both.
#[tokio::test(start_paused = true)]
async fn no_call_is_lost_at_the_maximum_age() {
    let time = SECOND / 20;
    let aged = MaxAgeLayer::new(time).jitter(0.0);
    let ageless = MaxAgeLayer::new(Duration::MAX);
    for (at_server, at_client) in [(&aged, &ageless), (&ageless, &aged), (&aged, &aged)] {
        let client = |transport| {
            let connector = Connector::new().transport(delayed(transport));
            let connector = connector.connection_layer(at_client.clone());
            Client::builder().connector(connector).build()
        };
        let server = server().connection_layer(at_server.clone());
        assert_eq!(calls_around(time, MqVersion::CURRENT, server, client).await, (41, vec![]));
    }
}

#[tokio::test(start_paused = true)]
async fn calls_of_an_hour_are_answered_if_both_sides_spare_them() {
    let spare = IdleTimeoutLayer::new(100 * SECOND).spare_busy(true);
    for (at_server, at_client, answered) in [
        (spare, spare, true),
        (IdleTimeoutLayer::default(), spare, false),
        (spare, SECOND.into(), false),
    ] {
        let (listener, transport) = memory();
        let server = Server::new(service_fn(sleeper)).idle_timeout(at_server);
        let _server = server.listen(listener).spawn();
        let connector = Connector::new().transport(transport).idle_timeout(at_client);
        let client = Client::builder().connector(connector).build();
        let call = client.invoke("any", request(3600, 1), 4000 * SECOND).await;
        assert_eq!(call.is_ok(), answered, "{call:?}");
    }
}
