//! The clock jumps, as after a machine was suspended: what is due ends, everything else continues.

use crate::common::Scripted;
use rocketmq_tower::client::Connector;
use rocketmq_tower::{CallError, ChannelInfo, RemotingCommand, Server, service_fn};
use rocketmq_tower_test_support::{Raw, SECOND, echo, encode, request, soon, within};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncWriteExt, DuplexStream};
use tokio::sync::{Semaphore, oneshot};
use tokio::task::JoinHandle;
use tokio::time::{Instant, advance};

const HOUR: Duration = Duration::from_secs(3600);
const YEARS: Duration = Duration::from_secs(10 * 365 * 24 * 3600);

struct Jumping {
    peers: Vec<Raw<DuplexStream>>,
    /// Each permit lets one request of code 2 end.
    gate: Arc<Semaphore>,
    /// Counts the requests that have ended.
    ended: Arc<Semaphore>,
    stop: oneshot::Sender<()>,
    server: JoinHandle<(u64, usize)>,
}

/// Starts a server with this number of connections and at most `max` requests in flight.
fn start(connections: usize, max: usize) -> Jumping {
    let (listener, peers) = Scripted::new(connections, false);
    let (gate, ended) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
    let (open, count) = (Arc::clone(&gate), Arc::clone(&ended));
    let processor = service_fn(move |request: RemotingCommand| {
        let (gate, ended) = (Arc::clone(&open), Arc::clone(&count));
        async move {
            if request.code() == 2 {
                gate.acquire().await?.forget();
                ended.add_permits(1);
            }
            echo(request).await
        }
    });
    let (stop, stopped) = oneshot::channel::<()>();
    let server = Server::new(processor).max_connections(max).listen(listener).serve_until(stopped);
    let server = tokio::spawn(async {
        let shutdown = server.await.expect("no failure");
        (shutdown.accepted, shutdown.aborted)
    });
    Jumping { peers, gate, ended, stop, server }
}

/// Runs all tasks until they can only wait for time.
async fn settle() {
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_over_ends_and_new_connections_are_served() {
    for jump in [HOUR, YEARS] {
        let Jumping { mut peers, gate, ended, stop, server } = start(4, 3);
        let mut late = peers.pop().expect("four");
        // One connection is idle, one is inside a frame, one waits for its response.
        peers[0].call(&request(1, 1)).await;
        peers[1].io.write_all(&encode(&request(1, 1))[..20]).await.expect("open");
        peers[2].send(&request(2, 1)).await;
        settle().await;
        advance(jump).await;
        // A drain waits half a minute for the request in flight.
        for peer in &mut peers {
            let end = within(40 * SECOND, peer.try_next()).await;
            assert!(!matches!(end, Ok(Some(_))), "nothing moved for {jump:?}");
        }
        gate.add_permits(1);
        ended.acquire().await.expect("open").forget();
        assert_eq!(late.call(&request(1, 5)).await.opaque(), 5);
        drop((peers, late));
        stop.send(()).expect("runs");
        assert_eq!(soon(server).await.expect("no panic"), (4, 0));
    }
}

#[tokio::test(start_paused = true)]
async fn a_drain_that_is_overtaken_cuts_what_is_left() {
    let Jumping { mut peers, stop, server, .. } = start(1, 1);
    let mut peer = peers.remove(0);
    peer.send(&request(2, 1)).await;
    settle().await;
    stop.send(()).expect("runs");
    settle().await;
    let started = Instant::now();
    advance(YEARS).await;
    assert_eq!(soon(server).await.expect("no panic"), (1, 1));
    assert!(started.elapsed() < YEARS + SECOND);
    assert!(peer.next().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn calls_time_out_once_and_the_next_ones_are_answered() {
    let Jumping { mut peers, gate, stop, server, .. } = start(1, 1);
    let connector = Connector::new().idle_timeout(Duration::MAX);
    let channel = connector.run(peers.remove(0).io, ChannelInfo::default());
    // The server's idle time is longer than this jump, the call's timeout is shorter.
    let call = tokio::spawn({
        let channel = channel.clone();
        async move { channel.invoke(RemotingCommand::request(2), 3 * SECOND).await }
    });
    settle().await;
    advance(60 * SECOND).await;
    let error = soon(call).await.expect("no panic").expect_err("it is over");
    assert!(matches!(error, CallError::Timeout { .. }), "{error}");
    gate.add_permits(1);
    let answer = channel.invoke(RemotingCommand::request(1), 3 * SECOND).await;
    answer.expect("the connection goes on, a late answer is nobody's");
    assert_eq!(channel.calls(), 0);
    drop(channel);
    stop.send(()).expect("runs");
    assert_eq!(soon(server).await.expect("no panic"), (1, 0));
}
