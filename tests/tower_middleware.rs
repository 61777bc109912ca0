//! tower's own middleware, unchanged, at both levels.
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

mod common;

use common::Scripted;
use rocketmq_tower::layers::OneshotLayer;
use rocketmq_tower::{BoxError, Connection, RemotingCommand, ResponseCode, Server, service_fn};
use rocketmq_tower_test_support::{Raw, SECOND, request, sleeper};
use std::time::Duration;
use tokio::io::{AsyncReadExt, DuplexStream};
use tokio::time::{Instant, sleep, timeout};
use tower::buffer::BufferLayer;
use tower::limit::{ConcurrencyLimitLayer, GlobalConcurrencyLimitLayer, RateLimitLayer};
use tower::load_shed::LoadShedLayer;
use tower::timeout::TimeoutLayer;
use tower::util::MapRequestLayer;

type Conn = Connection<DuplexStream>;
type Client = Raw<DuplexStream>;

/// The clock of these tests is paused, so times are exact. A request takes as many ticks as its
/// code says.
const TICK: Duration = SECOND;

/// Returns two connections; the second waits behind the first.
fn two() -> (Scripted, [Client; 2]) {
    let (listener, peers) = Scripted::new(2, false);
    (listener, peers.try_into().expect("two"))
}

/// Two connections to a server with these layers around its processor.
macro_rules! with_request_layers {
    ($($layer:expr),*) => {{
        let (listener, clients) = two();
        tokio::spawn(Server::new(service_fn(sleeper))$(.layer($layer))*.listen(listener).serve());
        clients
    }};
}

/// Two connections to a server with these layers around its connection service.
macro_rules! with_connection_layers {
    ($($layer:expr),*) => {{
        let (listener, clients) = two();
        tokio::spawn(Server::new(service_fn(sleeper))$(.connection_layer($layer))*.listen(listener).serve());
        clients
    }};
}

/// Sends all requests at once over one connection. Returns the ticks until all are answered, and
/// the responses.
async fn ticks(client: &mut Client, requests: &[RemotingCommand]) -> (u64, Vec<RemotingCommand>) {
    let started = Instant::now();
    for request in requests {
        client.send(request).await;
    }
    let mut answers = Vec::new();
    for _ in requests {
        answers.push(client.next().await.expect("an answer"));
    }
    (started.elapsed().as_secs(), answers)
}

fn requests(code: i32, count: i32) -> Vec<RemotingCommand> {
    (0..count).map(|opaque| request(code, opaque)).collect()
}

/// Whether a request of the connection is answered within a tick.
async fn is_served(client: &mut Client) -> bool {
    client.send(&request(0, 1)).await;
    matches!(timeout(TICK, client.io.read(&mut [0; 1000])).await, Ok(Ok(1..)))
}

// Tests at the request level.

#[tokio::test(start_paused = true)]
async fn concurrency_limit_is_per_connection() {
    let [mut one, mut two] = with_request_layers!(ConcurrencyLimitLayer::new(2));
    let requests = requests(2, 4);
    let ((first, _), (second, _)) =
        tokio::join!(ticks(&mut one, &requests), ticks(&mut two, &requests));
    assert_eq!((first, second), (4, 4), "two at a time each");
}

#[tokio::test(start_paused = true)]
async fn global_concurrency_limit_is_the_servers() {
    let [mut one, mut two] = with_request_layers!(GlobalConcurrencyLimitLayer::new(2));
    let requests = requests(2, 4);
    let ((first, _), (second, _)) =
        tokio::join!(ticks(&mut one, &requests), ticks(&mut two, &requests));
    assert_eq!(first.max(second), 8, "two at a time in all");
}

#[tokio::test(start_paused = true)]
async fn rate_limit_spreads_requests() {
    let [mut client, _] = with_request_layers!(RateLimitLayer::new(2, 4 * TICK));
    let (ticks, _) = ticks(&mut client, &requests(0, 6)).await;
    assert_eq!(ticks, 8, "in three periods");
}

#[tokio::test(start_paused = true)]
async fn load_shed_answers_busy() {
    let [mut client, _] = with_request_layers!(LoadShedLayer::new(), ConcurrencyLimitLayer::new(1));
    let (_, answers) = ticks(&mut client, &requests(2, 2)).await;
    assert_eq!((answers[0].opaque(), answers[0].response_code()), (1, ResponseCode::SYSTEM_BUSY));
    assert_eq!(answers[0].remark(), Some("[OVERLOAD]system busy, start flow control for a while"));
    assert_eq!((answers[1].opaque(), answers[1].response_code()), (0, ResponseCode::SUCCESS));
}

/// The limit is shared by connections: a shed request does not stay queued for a permit.
#[tokio::test(start_paused = true)]
async fn load_shed_of_a_global_limit_per_request() {
    let [mut one, mut two] = with_request_layers!(
        OneshotLayer::new(),
        LoadShedLayer::new(),
        GlobalConcurrencyLimitLayer::new(1)
    );
    one.send(&request(2, 1)).await;
    sleep(TICK).await;
    assert_eq!(two.call(&request(0, 1)).await.response_code(), ResponseCode::SYSTEM_BUSY);
    assert_eq!(one.next().await.expect("an answer").response_code(), ResponseCode::SUCCESS);
    sleep(TICK).await;
    assert_eq!(one.call(&request(0, 2)).await.response_code(), ResponseCode::SUCCESS);
}

#[tokio::test(start_paused = true)]
async fn timeout_answers_busy() {
    let [mut client, _] = with_request_layers!(TimeoutLayer::new(2 * TICK));
    let (ticks, answers) = ticks(&mut client, &[request(100, 1), request(1, 2)]).await;
    assert_eq!((answers[0].opaque(), answers[0].response_code()), (2, ResponseCode::SUCCESS));
    assert_eq!((answers[1].opaque(), answers[1].response_code()), (1, ResponseCode::SYSTEM_BUSY));
    assert!(answers[1].remark().expect("a remark").starts_with("[TIMEOUT_CLEAN_QUEUE]"));
    assert_eq!(ticks, 2);
}

#[tokio::test(start_paused = true)]
async fn buffer_queues_requests() {
    let layers = (BufferLayer::<RemotingCommand>::new(8), ConcurrencyLimitLayer::new(1));
    let [mut client, _] = with_request_layers!(layers.0, layers.1);
    let (ticks, answers) = ticks(&mut client, &requests(1, 3)).await;
    assert!(answers.iter().map(RemotingCommand::opaque).eq(0..3));
    assert_eq!(ticks, 3);
}

/// A spent budget of the task does not look like a full buffer.
#[tokio::test]
async fn load_shed_around_a_buffer_answers_a_whole_burst() {
    let layers = (LoadShedLayer::new(), BufferLayer::<RemotingCommand>::new(2000));
    let [mut client, _] = with_request_layers!(layers.0, layers.1);
    let (_, answers) = ticks(&mut client, &requests(0, 1000)).await;
    assert!(answers.iter().all(|answer| answer.response_code() == ResponseCode::SUCCESS));
}

#[tokio::test(start_paused = true)]
async fn map_request_changes_requests() {
    let [mut client, _] = with_request_layers!(MapRequestLayer::new(|request: RemotingCommand| {
        let code = request.request_code().to_string();
        request.with_body(code)
    }));
    assert_eq!(&client.call(&request(10, 1)).await.body()[..], b"SEND_MESSAGE");
}

// Tests at the connection level.

#[tokio::test(start_paused = true)]
async fn concurrency_limit_of_connections() {
    let [mut one, mut two] = with_connection_layers!(ConcurrencyLimitLayer::new(1));
    assert!(is_served(&mut one).await && !is_served(&mut two).await);
    drop(one);
    assert!(two.next().await.is_some(), "served when the first has left");
}

#[tokio::test(start_paused = true)]
async fn global_concurrency_limit_over_several_servers() {
    // One permit more than connections is needed: readiness is acquired before a connection is
    // accepted.
    let limit = GlobalConcurrencyLimitLayer::new(2);
    let [mut one, mut two] = with_connection_layers!(limit.clone());
    assert!(is_served(&mut one).await && is_served(&mut two).await);
    let [mut other, _] = with_connection_layers!(limit);
    assert!(!is_served(&mut other).await);
    drop((one, two));
    assert!(other.next().await.is_some(), "served when one of the first server's has left");
}

#[tokio::test(start_paused = true)]
async fn rate_limit_of_accepts() {
    let [mut one, mut two] = with_connection_layers!(RateLimitLayer::new(1, 10 * TICK));
    let started = Instant::now();
    assert!(is_served(&mut one).await && !is_served(&mut two).await);
    assert!(two.next().await.is_some());
    assert_eq!(started.elapsed(), 10 * TICK, "served in the next period");
}

#[tokio::test(start_paused = true)]
async fn load_shed_turns_connections_away() {
    let [mut one, mut two] =
        with_connection_layers!(LoadShedLayer::new(), ConcurrencyLimitLayer::new(1));
    assert!(is_served(&mut one).await);
    assert!(two.next().await.is_none(), "closed at once");
    assert!(is_served(&mut one).await);
}

#[tokio::test(start_paused = true)]
async fn timeout_is_the_longest_life_of_a_connection() {
    let [mut client, _] = with_connection_layers!(TimeoutLayer::new(3 * TICK));
    let started = Instant::now();
    client.call(&request(0, 1)).await;
    assert!(client.next().await.is_none());
    assert_eq!(started.elapsed(), 3 * TICK);
}

#[tokio::test(start_paused = true)]
async fn buffer_of_connections() {
    let clients = with_connection_layers!(BufferLayer::<Conn>::new(4));
    for mut client in clients {
        assert!(is_served(&mut client).await);
    }
}

#[tokio::test(start_paused = true)]
async fn map_request_changes_connections() {
    let (listener, [mut client, _]) = two();
    let server = Server::new(service_fn(|request: RemotingCommand| async move {
        let channel = request.channel().expect("from a connection").clone();
        let mapped = channel.extensions().get::<&str>().copied().unwrap_or_default();
        Ok::<_, BoxError>(RemotingCommand::response(0).with_body(mapped))
    }));
    let map = MapRequestLayer::new(|mut connection: Conn| {
        connection.info_mut().extensions.insert("mapped");
        connection
    });
    tokio::spawn(server.connection_layer(map).listen(listener).serve());
    assert_eq!(&client.call(&request(0, 1)).await.body()[..], b"mapped");
}
