//! Clients under timeouts that are shorter than their own: their calls are dropped, and dead
//! connections are replaced all the same.
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

mod common;

use common::net::{Net, named};
use rocketmq_tower::client::Client;
use rocketmq_tower::{Addr, BoxError, RemotingCommand, Service, ServiceExt, service_fn};
use rocketmq_tower_test_support::{SECOND, echo, request};
use std::future::pending;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::{sleep, timeout};
use tower::timeout::Timeout;

const SERVER: &str = "server:10911";
const HALF: Duration = Duration::from_millis(500);

/// A request that is answered on every connection.
const CHECK: i32 = 7;

/// A server that reads everything on its first connection and answers only `CHECK`, as if the rest
/// of it hung. On other connections it echoes.
fn start(net: &Net, addr: &str) {
    let first: Arc<Mutex<Option<u64>>> = Arc::default();
    let processor = service_fn(move |request: RemotingCommand| {
        let id = request.channel().expect("from a connection").id();
        let is_mute = *first.lock().expect("no panic").get_or_insert(id) == id;
        async move {
            if is_mute && request.code() != CHECK {
                pending::<()>().await;
            }
            echo(request).await
        }
    });
    net.start(addr, processor);
}

fn mute() -> Net {
    let net = Net::new();
    start(&net, SERVER);
    net
}

/// Returns how many of ten calls in turn fail, if each has 500 ms.
async fn failures<S, R>(service: S, request: R) -> usize
where
    S: Service<R, Error: Into<BoxError>>,
    R: Clone,
{
    let mut service = Timeout::new(service, HALF);
    let mut failures = 0;
    for _ in 0..10 {
        let Ok(ready) = service.ready().await else { panic!("it is always ready") };
        failures += usize::from(ready.call(request.clone()).await.is_err());
    }
    failures
}

/// Drops a call after `after`; its own timeout is `limit`.
async fn give_up(client: &Client, after: Duration, limit: Duration) {
    let call = client.invoke(SERVER, request(1, 1), limit);
    assert!(timeout(after, call).await.is_err(), "it is not answered");
}

#[tokio::test(start_paused = true)]
async fn a_mute_connection_is_replaced() {
    let net = mute();
    let client = net.client();
    // Two calls have waited for a third of the client's 3 s.
    assert_eq!(failures(client.clone(), (Addr::from(SERVER), request(1, 1))).await, 2);
    assert_eq!((net.connections(SERVER), client.connection_count()), (2, 1));
    // The server gives its requests 5 s when a client leaves.
    sleep(6 * SECOND).await;
    assert_eq!(net.open(SERVER).len(), 1, "the other one is closed");

    let net = mute();
    let endpoint = net.client().endpoint(SERVER);
    assert_eq!(failures(endpoint, request(1, 1)).await, 2);
    assert_eq!(net.connections(SERVER), 2);
}

#[tokio::test(start_paused = true)]
async fn a_third_of_the_calls_own_timeout_counts() {
    let net = mute();
    let client = net.client();
    for _ in 0..2 {
        give_up(&client, 4 * SECOND, 30 * SECOND).await;
    }
    assert_eq!(net.connections(SERVER), 1);
    give_up(&client, 2 * SECOND, 30 * SECOND).await;
    client.invoke(SERVER, request(1, 1), SECOND).await.expect("over another connection");
    assert_eq!(net.connections(SERVER), 2);
}

/// A server that is slow, but answers other calls, is alive.
#[tokio::test(start_paused = true)]
async fn a_server_that_answers_other_calls_keeps_its_connection() {
    let net = mute();
    let client = net.client();
    for _ in 0..20 {
        give_up(&client, HALF, 3 * SECOND).await;
        client.invoke(SERVER, request(CHECK, 1), SECOND).await.expect("answered");
    }
    // An answer during the call counts for it, though it is another call's.
    let slow = give_up(&client, 2 * SECOND, 3 * SECOND);
    let check = async {
        sleep(SECOND).await;
        client.invoke(SERVER, request(CHECK, 1), SECOND).await
    };
    let ((), checked) = tokio::join!(slow, check);
    checked.expect("answered");
    assert_eq!(net.connections(SERVER), 1);
}

#[tokio::test(start_paused = true)]
async fn a_late_answer_counts_though_its_caller_has_left() {
    let net = Net::new();
    let slow = service_fn(|request| async move {
        sleep(SECOND * 9 / 10).await;
        echo(request).await
    });
    net.start(SERVER, slow);
    let client = net.client();
    for _ in 0..20 {
        give_up(&client, HALF, 3 * SECOND).await;
        sleep(HALF).await;
    }
    assert_eq!(net.connections(SERVER), 1);
}

/// Only the time in which callers waited counts, not how many calls or how long ago.
#[tokio::test(start_paused = true)]
async fn callers_that_leave_quickly_keep_the_connection() {
    let net = mute();
    let client = net.client();
    for _ in 0..20 {
        give_up(&client, SECOND / 100, 3 * SECOND).await;
        sleep(2 * SECOND).await;
    }
    let at_once: Vec<_> = (0..20)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { give_up(&client, HALF, 3 * SECOND).await })
        })
        .collect();
    for call in at_once {
        call.await.expect("no panic");
    }
    assert_eq!(net.connections(SERVER), 1);
    client.invoke(SERVER, request(CHECK, 1), SECOND).await.expect("answered");
    assert_eq!(net.connections(SERVER), 1);
}

/// Nothing answers a oneway request, so it says nothing about the server.
#[tokio::test(start_paused = true)]
async fn oneway_requests_do_not_count() {
    let net = mute();
    let client = net.client();
    for _ in 0..100 {
        client.invoke_oneway(SERVER, request(1, 1), SECOND).await.expect("written");
        sleep(SECOND).await;
    }
    assert_eq!(net.connections(SERVER), 1);
}

#[tokio::test(start_paused = true)]
async fn name_servers_go_on_to_the_next_one() {
    for unreachable in [false, true] {
        let net = Net::new();
        start(&net, "a:9876");
        net.set_silent("a:9876", unreachable);
        net.start("b:9876", named("b:9876"));
        let servers = net.client().name_servers(["a:9876"]);
        servers.update(["a:9876", "b:9876"]);
        let failed = failures(servers.clone(), request(1, 1)).await;
        assert_eq!(failed, if unreachable { 1 } else { 2 });
        assert_eq!(servers.chosen(), Some("b:9876".into()));
    }
}
