//! More than one connection to an address: `ClientBuilder::connections_per_address`.
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

mod common;

use common::net::Net;
use rocketmq_tower::client::{Client, Connector, InvokeError};
use rocketmq_tower::{
    Addr, BoxError, RemotingCommand, ResponseCode, Service, ServiceExt, service_fn,
};
use rocketmq_tower_test_support::{SECOND, echo, request, soon};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, sleep};

const SERVER: &str = "server:10911";

/// Counts the calls of a server by connection, and says which connections send calls away.
#[derive(Clone, Default)]
struct Seen(Arc<Mutex<SeenState>>);

#[derive(Default)]
struct SeenState {
    calls: BTreeMap<u64, usize>,
    away: BTreeSet<u64>,
    all_away: bool,
}

impl Seen {
    /// Starts a server that takes as many tenths of a second for a call as its code says.
    fn start(net: &Net, addr: &str) -> Self {
        let seen = Self::default();
        let shared = seen.clone();
        let processor = service_fn(move |request: RemotingCommand| {
            let id = request.channel().expect("from a connection").id();
            let mut state = shared.0.lock().expect("no panic");
            *state.calls.entry(id).or_default() += 1;
            let away = state.all_away || state.away.contains(&id);
            drop(state);
            async move {
                if away {
                    return Ok(RemotingCommand::response(ResponseCode::GO_AWAY));
                }
                sleep(u32::try_from(request.code())? * SECOND / 10).await;
                echo(request).await
            }
        });
        net.start(addr, processor);
        seen
    }

    /// Returns the number of calls of each connection since this was last asked.
    fn take(&self) -> Vec<usize> {
        std::mem::take(&mut self.0.lock().expect("no panic").calls).into_values().collect()
    }

    fn send_away(&self, ids: impl IntoIterator<Item = u64>) {
        self.0.lock().expect("no panic").away.extend(ids);
    }
}

type Outcome = Result<RemotingCommand, InvokeError>;

fn call(client: &Client, addr: &'static str, tenths: i32) -> JoinHandle<Outcome> {
    let client = client.clone();
    tokio::spawn(async move { client.invoke(addr, request(tenths, 7), 60 * SECOND).await })
}

/// Starts this number of calls, which take a second, and waits until they are in flight.
async fn start(client: &Client, addr: &'static str, calls: usize) -> Vec<JoinHandle<Outcome>> {
    let calls = (0..calls).map(|_| call(client, addr, 10)).collect();
    sleep(SECOND / 100).await;
    calls
}

/// Waits for the calls, and returns how many were answered.
async fn answered(calls: Vec<JoinHandle<Outcome>>) -> usize {
    let mut answered = 0;
    for call in calls {
        answered += usize::from(soon(call).await.expect("no panic").is_ok());
    }
    answered
}

/// Calls until the client has this number of connections.
async fn open(client: &Client, addr: &'static str, connections: usize) {
    let mut calls = start(client, addr, 1).await;
    while client.connection_count() < connections {
        assert!(calls.len() < 2 * connections, "each connection needs two calls at most");
        calls.extend(start(client, addr, 1).await);
    }
    let made = calls.len();
    assert_eq!(answered(calls).await, made);
}

fn ids(net: &Net) -> Vec<u64> {
    net.open(SERVER).iter().map(rocketmq_tower::Channel::id).collect()
}

fn client(net: &Net, connections: usize) -> Client {
    net.builder().connections_per_address(connections).build()
}

#[tokio::test(start_paused = true)]
async fn calls_are_spread_evenly() {
    let net = Net::new();
    let seen = Seen::start(&net, SERVER);
    let client = client(&net, 4);
    open(&client, SERVER, 4).await;
    assert_eq!((net.connections(SERVER), client.connection_count()), (4, 4));
    _ = seen.take();
    let calls = start(&client, SERVER, 40).await;
    assert_eq!(seen.take(), [10; 4]);
    assert_eq!(answered(calls).await, 40);
    assert_eq!((net.dials(SERVER).len(), client.connection_count()), (4, 4), "no more");
}

#[tokio::test(start_paused = true)]
async fn oneway_requests_that_wait_are_calls_in_flight() {
    let net = Net::new();
    let seen = Seen::start(&net, SERVER);
    let client = client(&net, 2);
    open(&client, SERVER, 2).await;
    _ = seen.take();
    let mut tasks = JoinSet::new();
    for _ in 0..10 {
        let client = client.clone();
        tasks.spawn(async move { client.invoke_oneway(SERVER, request(0, 7), SECOND).await });
    }
    for written in tasks.join_all().await {
        written.expect("written");
    }
    sleep(SECOND).await;
    assert_eq!(seen.take(), [5, 5]);
}

/// A connection is opened only if all others are busy, and the call does not wait for it.
#[tokio::test(start_paused = true)]
async fn calls_one_after_the_other_share_a_connection() {
    let net = Net::new();
    Seen::start(&net, SERVER);
    let client = client(&net, 4);
    for _ in 0..100 {
        client.invoke(SERVER, request(1, 7), SECOND).await.expect("answered");
    }
    assert_eq!((net.dials(SERVER).len(), client.connection_count()), (1, 1));

    net.set_delay(SERVER, 5 * SECOND);
    let begin = Instant::now();
    let calls = start(&client, SERVER, 9).await;
    assert_eq!((net.dials(SERVER).len(), client.connection_count()), (4, 4), "three are opening");
    assert_eq!(answered(calls).await, 9);
    assert!(begin.elapsed() < 2 * SECOND, "over the first one");
}

#[tokio::test(start_paused = true)]
async fn the_first_calls_wait_for_one_dial() {
    let net = Net::new();
    Seen::start(&net, SERVER);
    net.set_delay(SERVER, SECOND);
    let client = client(&net, 4);
    let calls = start(&client, SERVER, 9).await;
    assert_eq!((net.dials(SERVER).len(), client.connection_count()), (1, 1));
    assert_eq!(answered(calls).await, 9);
}

#[tokio::test(start_paused = true)]
async fn a_lost_connection_fails_only_its_own_calls() {
    let net = Net::new();
    let seen = Seen::start(&net, SERVER);
    let client = client(&net, 3);
    open(&client, SERVER, 3).await;
    let calls = start(&client, SERVER, 6).await;
    net.open(SERVER)[1].close("enough");
    sleep(SECOND / 100).await;
    assert_eq!(client.connection_count(), 2, "it is forgotten");
    assert_eq!(answered(calls).await, 4);
    _ = seen.take();
    let calls = start(&client, SERVER, 6).await;
    assert_eq!(seen.take(), [3, 3]);
    assert_eq!(answered(calls).await, 6);
    assert_eq!((client.connection_count(), net.open(SERVER).len()), (3, 3), "it is replaced");
}

#[tokio::test(start_paused = true)]
async fn go_away_retires_only_its_connection() {
    let net = Net::new();
    let seen = Seen::start(&net, SERVER);
    let client = client(&net, 3);
    open(&client, SERVER, 3).await;
    let before = ids(&net);
    let calls = start(&client, SERVER, 3).await;
    seen.send_away([before[1]]);
    // The first and the third go to connections that stay, the second is sent away.
    let more = start(&client, SERVER, 3).await;
    assert_eq!(client.connection_count(), 3, "it is replaced");
    assert_eq!((answered(calls).await, answered(more).await), (3, 3));
    sleep(SECOND).await;
    let after = ids(&net);
    assert_eq!(after[..2], [before[0], before[2]]);
    assert_eq!((after.len(), net.connections(SERVER)), (3, 4));
}

/// A server that drains sends calls away on all of its connections. That is one reason, not three.
#[tokio::test(start_paused = true)]
async fn a_call_that_every_old_connection_sends_away_gets_a_new_one() {
    let net = Net::new();
    let seen = Seen::start(&net, SERVER);
    let client = client(&net, 3);
    open(&client, SERVER, 3).await;
    seen.send_away(ids(&net));
    _ = seen.take();
    client.invoke(SERVER, request(0, 7), SECOND).await.expect("over the fourth");
    assert_eq!((seen.take(), client.connection_count()), (vec![1, 1, 1, 1], 1));
    // Two new ones in turn are an error, as with one connection.
    seen.0.lock().expect("no panic").all_away = true;
    let error = client.invoke(SERVER, request(0, 7), SECOND).await.expect_err("away");
    assert!(matches!(error, InvokeError::GoAway { .. }), "{error:?}");
    assert_eq!((seen.take(), client.connection_count()), (vec![1, 1], 0));
}

#[tokio::test(start_paused = true)]
async fn all_of_them_are_shut_down_and_disconnected() {
    let net = Net::new();
    Seen::start(&net, SERVER);
    for shut_down in [true, false] {
        let client = client(&net, 3);
        open(&client, SERVER, 3).await;
        let calls = start(&client, SERVER, 6).await;
        assert_eq!(net.open(SERVER).len(), 3);
        if shut_down {
            soon(client.shutdown(9 * SECOND)).await;
        } else {
            client.disconnect(SERVER);
        }
        assert_eq!(answered(calls).await, if shut_down { 6 } else { 0 });
        sleep(SECOND).await;
        assert_eq!((net.open(SERVER).len(), client.connection_count()), (0, 0));
    }
}

#[tokio::test(start_paused = true)]
async fn those_that_are_opening_are_stopped_too() {
    let net = Net::new();
    Seen::start(&net, SERVER);
    let client = client(&net, 3);
    open(&client, SERVER, 1).await;
    net.set_silent(SERVER, true);
    let calls = start(&client, SERVER, 6).await;
    assert_eq!(client.connection_count(), 3);
    client.disconnect(SERVER);
    assert_eq!((client.connection_count(), answered(calls).await), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn the_limit_counts_all_of_them() {
    let net = Net::new();
    for addr in ["a:1", "b:1", "c:1"] {
        Seen::start(&net, addr);
    }
    let client = net.builder().connections_per_address(2).max_connections(3).build();
    let mut calls = Vec::new();
    for addr in ["a:1", "a:1", "b:1", "b:1", "b:1"] {
        calls.extend(start(&client, addr, 1).await);
    }
    assert_eq!(client.connection_count(), 3);
    assert_eq!(["a:1", "b:1"].map(|addr| net.dials(addr).len()), [2, 1]);
    let error = client.invoke("c:1", request(0, 7), SECOND).await.expect_err("one too many");
    assert!(matches!(error, InvokeError::TooManyConnections { limit: 3 }), "{error:?}");
    assert_eq!(answered(calls).await, 5, "no call needs a further connection");
    client.disconnect("a:1");
    assert_eq!(client.connection_count(), 1);
    client.invoke("c:1", request(0, 7), SECOND).await.expect("there is room");
}

#[tokio::test(start_paused = true)]
async fn idle_ones_are_closed_and_opened_again_when_needed() {
    let net = Net::new();
    Seen::start(&net, SERVER);
    let connector = net.connector().idle_timeout(10 * SECOND);
    let client = Client::builder().connector(connector).connections_per_address(3).build();
    open(&client, SERVER, 3).await;
    for _ in 0..20 {
        client.invoke(SERVER, request(0, 7), SECOND).await.expect("answered");
        sleep(SECOND).await;
    }
    assert_eq!((client.connection_count(), net.open(SERVER).len()), (1, 1));
    open(&client, SERVER, 3).await;
    assert_eq!((client.connection_count(), net.connections(SERVER)), (3, 5));
}

/// Connects with the outcomes of a script, by the number of the attempt: after how long, and whether
/// it succeeds.
fn scripted(
    net: &Net,
    connections: usize,
    script: impl Fn(usize) -> (Duration, bool) + Clone + Send + Sync + 'static,
) -> (Client, Arc<AtomicUsize>) {
    let (net, dials) = (net.clone(), Arc::new(AtomicUsize::new(0)));
    let counted = Arc::clone(&dials);
    let transport = service_fn(move |addr: Addr| {
        let (net, (delay, succeeds)) =
            (net.clone(), script(counted.fetch_add(1, Ordering::Relaxed)));
        async move {
            sleep(delay).await;
            if succeeds { net.oneshot(addr).await } else { Err(BoxError::from("refused")) }
        }
    });
    let client = Client::builder().connector(Connector::new().transport(transport));
    (client.connections_per_address(connections).build(), dials)
}

/// A server may allow one connection for each client.
#[tokio::test(start_paused = true)]
async fn further_connections_that_fail_are_tried_with_pauses() {
    let net = Net::new();
    Seen::start(&net, SERVER);
    let begin = Instant::now();
    let allow = move |number| (Duration::ZERO, number == 0 || begin.elapsed() > 10 * SECOND);
    let (client, dials) = scripted(&net, 2, allow);
    while begin.elapsed() < 10 * SECOND {
        assert_eq!(answered(start(&client, SERVER, 50).await).await, 50);
    }
    // After 0.1, 0.2, 0.4 .. 6.4 s.
    let tried = dials.load(Ordering::Relaxed) - 1;
    assert!((5..=8).contains(&tried), "{tried}");
    while begin.elapsed() < 30 * SECOND {
        assert_eq!(answered(start(&client, SERVER, 50).await).await, 50);
    }
    assert_eq!(client.connection_count(), 2);
}

/// Or it may close further connections at once.
#[tokio::test(start_paused = true)]
async fn further_connections_that_end_at_once_are_made_with_pauses() {
    let net = Net::new();
    Seen::start(&net, SERVER);
    let (client, begin) = (client(&net, 2), Instant::now());
    client.invoke(SERVER, request(0, 7), SECOND).await.expect("answered");
    let first = ids(&net)[0];
    while begin.elapsed() < 10 * SECOND {
        let calls = start(&client, SERVER, 50).await;
        for channel in net.open(SERVER).into_iter().filter(|channel| channel.id() != first) {
            channel.close("one is enough");
        }
        _ = answered(calls).await;
    }
    let made = net.connections(SERVER) - 1;
    assert!((4..=8).contains(&made), "{made}");
}

/// A call waits for a connection that was opened as a further one, if the first is gone, and for
/// another one if that cannot be made.
#[tokio::test(start_paused = true)]
async fn a_call_that_waits_for_a_dial_that_fails_takes_another() {
    let net = Net::new();
    Seen::start(&net, SERVER);
    let script = |number| [(0, true), (2, false), (3, true)][number];
    let (client, dials) = scripted(&net, 3, move |number| {
        let (seconds, succeeds) = script(number);
        (seconds * SECOND, succeeds)
    });
    let calls = start(&client, SERVER, 1).await;
    let more = start(&client, SERVER, 2).await;
    assert_eq!((dials.load(Ordering::Relaxed), client.connection_count()), (3, 3));
    net.open(SERVER)[0].close("enough");
    assert_eq!(answered(calls).await + answered(more).await, 0);
    let begin = Instant::now();
    client.invoke(SERVER, request(0, 7), 9 * SECOND).await.expect("over the third");
    assert!((2 * SECOND..3 * SECOND).contains(&begin.elapsed()), "{:?}", begin.elapsed());
    assert_eq!((dials.load(Ordering::Relaxed), client.connection_count()), (3, 1));
}

#[tokio::test(start_paused = true)]
async fn endpoints_are_ready_as_long_as_one_is_open() {
    let net = Net::new();
    Seen::start(&net, SERVER);
    let client = client(&net, 2);
    let mut endpoint = client.endpoint(SERVER);
    endpoint.ready().await.expect("connected");
    open(&client, SERVER, 2).await;
    net.set_silent(SERVER, true);
    net.open(SERVER)[0].close("enough");
    sleep(SECOND).await;
    let begin = Instant::now();
    let ready = endpoint.ready().await.expect("over the second");
    ready.call(request(0, 7)).await.expect("answered");
    assert_eq!(begin.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn name_servers_that_leave_the_list_lose_all_of_them() {
    let net = Net::new();
    for addr in [SERVER, "other:1"] {
        Seen::start(&net, addr);
    }
    let client = client(&net, 2);
    let servers = client.name_servers([SERVER]);
    servers.invoke(request(0, 7), SECOND).await.expect("answered");
    open(&client, SERVER, 2).await;
    assert_eq!(net.open(SERVER).len(), 2);
    let calls = start(&client, SERVER, 2).await;
    servers.update(["other:1"]);
    servers.invoke(request(0, 7), SECOND).await.expect("answered by the other");
    assert_eq!(answered(calls).await, 2);
    sleep(SECOND).await;
    assert_eq!((net.open(SERVER).len(), client.connection_count()), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn zero_means_one() {
    let net = Net::new();
    Seen::start(&net, SERVER);
    let client = client(&net, 0);
    assert_eq!(answered(start(&client, SERVER, 9).await).await, 9);
    assert_eq!((client.connection_count(), net.dials(SERVER).len()), (1, 1));
}
