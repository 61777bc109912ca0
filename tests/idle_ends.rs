//! Calls that are made just as a connection ends because it is idle, over a network with a delay.
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

use rocketmq_tower::client::{Client, Connector};
use rocketmq_tower::testing::{MemoryTransport, memory};
use rocketmq_tower::{Addr, ChannelInfo, Server, service_fn};
use rocketmq_tower_test_support::{SECOND, echo, request};
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

/// Makes a call over a connection that has been idle for each of the times from `first` to `last`, in
/// steps of a tick. `None` is the default of the idle time. Returns the number of calls, and the
/// times of those that were lost.
async fn calls_after(
    client_limit: Option<Duration>,
    server_limit: Option<Duration>,
    first: Duration,
    last: Duration,
) -> (u32, Vec<Duration>) {
    let (listener, transport) = memory();
    let mut server = Server::new(service_fn(echo)).max_connections(None);
    let transport = service_fn(move |_: Addr| dial(transport.clone()));
    let mut connector = Connector::new().transport(transport);
    if let Some(limit) = server_limit {
        server = server.idle_timeout(limit);
    }
    if let Some(limit) = client_limit {
        connector = connector.idle_timeout(limit);
    }
    let _server = server.listen(listener).spawn();
    let (mut calls, mut lost, mut idle) = (0, Vec::new(), first);
    while idle <= last {
        let client = Client::builder().connector(connector.clone()).build();
        let call = |opaque| client.invoke("any", request(1, opaque), SECOND);
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

/// The times around an idle time, as far as a round trip and both sides' timers reach.
async fn calls_around(
    client_limit: Option<Duration>,
    server_limit: Option<Duration>,
    limit: Duration,
) -> (u32, Vec<Duration>) {
    calls_after(client_limit, server_limit, limit - 20 * TICK, limit + 20 * TICK).await
}

#[tokio::test(start_paused = true)]
async fn no_call_is_lost_with_the_default_times() {
    for limit in [100 * SECOND, 120 * SECOND] {
        assert_eq!(calls_around(None, None, limit).await, (41, vec![]));
    }
}

/// A server that drains its side waits for its peer, and answers `GO_AWAY` meanwhile.
#[tokio::test(start_paused = true)]
async fn no_call_is_lost_if_both_times_are_equal() {
    let limit = SECOND / 20;
    assert_eq!(calls_around(Some(limit), Some(limit), limit).await, (41, vec![]));
}
