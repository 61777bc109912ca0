//! User-defined layers of every kind that the compiler has to infer.
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

mod common;

use common::Scripted;
use rocketmq_tower::client::Connector;
use rocketmq_tower::driver::{ConnectionConfig, DriverService};
use rocketmq_tower::layers::events::Events;
use rocketmq_tower::server::{HookedProcessor, WatchedDriver, serve};
use rocketmq_tower::{
    BoxError, ChannelInfo, Connection, ConnectionService, Disconnect, Layer, Processor,
    RemotingCommand, Server, Service, ServiceBuilder, service_fn,
};
use rocketmq_tower_test_support::{Raw, SECOND, echo, request};
use std::future::{Future, IntoFuture};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use tokio::io::DuplexStream;
use tokio::time::Instant;
use tower::layer::layer_fn;
use tower::layer::util::{Identity, Stack};
use tower::limit::ConcurrencyLimitLayer;
use tower::timeout::TimeoutLayer;
use tower::util::{MapErrLayer, MapRequestLayer, option_layer};

/// Counts calls and forwards them, at either level.
#[derive(Clone)]
struct Counted<S> {
    inner: S,
    count: Arc<AtomicUsize>,
}

impl<S: Service<Request>, Request> Service<Request> for Counted<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> S::Future {
        self.count.fetch_add(1, Ordering::Relaxed);
        self.inner.call(request)
    }
}

/// A layer that wraps only one kind of service: the one that reports events.
struct AroundEvents(Arc<AtomicUsize>);

impl<S> Layer<Events<S>> for AroundEvents {
    type Service = Counted<Events<S>>;

    fn layer(&self, inner: Events<S>) -> Self::Service {
        Counted { inner, count: Arc::clone(&self.0) }
    }
}

type Counter = (Arc<AtomicUsize>, Arc<AtomicUsize>);

fn counter() -> Counter {
    let count = Arc::new(AtomicUsize::new(0));
    (Arc::clone(&count), count)
}

/// Calls twice over one connection.
async fn is_served<F>(serve: impl FnOnce(Scripted) -> F)
where
    F: Future<Output: Send> + Send + 'static,
{
    let (listener, mut peers) = Scripted::new(1, false);
    tokio::spawn(serve(listener));
    let mut peer = peers.remove(0);
    for opaque in 1..=2 {
        assert_eq!(peer.call(&request(1, opaque)).await.opaque(), opaque);
    }
}

/// The innermost service of a stack that is built by hand.
macro_rules! driver {
    () => {
        DriverService::server(Identity::new(), service_fn(echo), ConnectionConfig::server())
    };
}

#[tokio::test(start_paused = true)]
async fn closures() {
    let (connections, counted) = counter();
    let count = Arc::clone(&counted);
    let layer = layer_fn(move |inner| Counted { inner, count: Arc::clone(&count) });
    let server = Server::new(service_fn(echo)).connection_layer(layer);
    is_served(|listener| server.listen(listener).serve()).await;
    let layer = layer_fn(move |inner| Counted { inner, count: Arc::clone(&counted) });
    let service = ServiceBuilder::new().layer(layer).service(driver!());
    is_served(|listener| serve(listener, service).into_future()).await;
    assert_eq!(connections.load(Ordering::Relaxed), 2, "one each");

    let (requests, counted) = counter();
    let layer = layer_fn(move |inner| Counted { inner, count: Arc::clone(&counted) });
    let server = Server::new(service_fn(echo)).layer(layer);
    is_served(|listener| server.listen(listener).serve()).await;
    assert_eq!(requests.load(Ordering::Relaxed), 2);

    let stack = layer_fn(|inner| ServiceBuilder::new().timeout(SECOND).service(inner));
    let server = Server::new(service_fn(echo)).connection_layer(stack);
    is_served(|listener| server.listen(listener).serve()).await;
}

#[tokio::test(start_paused = true)]
async fn layers_around_one_kind_of_service() {
    let (connections, counted) = counter();
    let server = Server::new(service_fn(echo)).connection_layer(AroundEvents(counted));
    is_served(|listener| server.max_connections(5).listen(listener).serve()).await;
    assert_eq!(connections.load(Ordering::Relaxed), 1);

    let (connections, counted) = counter();
    let tag = MapRequestLayer::new(move |connection: Connection<DuplexStream>| {
        counted.fetch_add(1, Ordering::Relaxed);
        connection
    });
    let service = ServiceBuilder::new().layer(tag).service(driver!());
    is_served(|listener| serve(listener, service).into_future()).await;
    assert_eq!(connections.load(Ordering::Relaxed), 1);
}

/// A layer that adds its own error to the connection level, where nothing else fails: the other
/// branch needs the same error type.
#[tokio::test(start_paused = true)]
async fn layers_that_may_be_there() {
    for limit in [None, Some(1)] {
        let timeout = || option_layer(limit.map(|_| TimeoutLayer::new(SECOND)));
        let server = Server::new(service_fn(echo))
            .layer(timeout())
            .connection_layer(timeout())
            .connection_layer(MapErrLayer::new(BoxError::from))
            .connection_layer(option_layer(limit.map(ConcurrencyLimitLayer::new)));
        is_served(|listener| server.listen(listener).serve()).await;

        let service = ServiceBuilder::new()
            .layer(timeout())
            .layer(MapErrLayer::new(BoxError::from))
            .layer(option_layer(limit.map(ConcurrencyLimitLayer::new)))
            .service(driver!());
        is_served(|listener| serve(listener, service).into_future()).await;
    }
}

/// A foreign layer with state in its service: answers the body with the number of requests that
/// this state has seen.
#[derive(Clone)]
struct Numbering;

#[derive(Clone)]
struct Numbered<S> {
    inner: S,
    seen: Arc<AtomicUsize>,
}

impl<S> Layer<S> for Numbering {
    type Service = Numbered<S>;

    fn layer(&self, inner: S) -> Numbered<S> {
        Numbered { inner, seen: Arc::default() }
    }
}

impl<S: Service<RemotingCommand>> Service<RemotingCommand> for Numbered<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: RemotingCommand) -> S::Future {
        let number = self.seen.fetch_add(1, Ordering::Relaxed) + 1;
        self.inner.call(request.with_body(number.to_string()))
    }
}

/// Calls twice over each of three connections, and returns the answers.
async fn numbers<F>(serve: impl FnOnce(Scripted) -> F) -> Vec<String>
where
    F: Future<Output: Send> + Send + 'static,
{
    let (listener, mut peers) = Scripted::new(3, false);
    tokio::spawn(serve(listener));
    let mut numbers = Vec::new();
    for peer in &mut peers {
        for opaque in 1..=2 {
            let answer = peer.call(&request(1, opaque)).await;
            numbers.push(String::from_utf8_lossy(answer.body()).into_owned());
        }
    }
    numbers
}

#[tokio::test(start_paused = true)]
async fn state_for_each_connection_and_for_all() {
    let each = Server::new(service_fn(echo)).layer(Numbering);
    let each = numbers(|listener| each.listen(listener).serve()).await;
    assert_eq!(each, ["1", "2", "1", "2", "1", "2"]);

    let all = Server::new(service_fn(echo)).shared_layer(Numbering);
    let all = numbers(|listener| all.listen(listener).serve()).await;
    assert_eq!(all, ["1", "2", "3", "4", "5", "6"]);
}

/// A rate limit is not `Clone`; in a buffer it can be shared.
#[tokio::test(start_paused = true)]
async fn a_rate_limit_for_all_connections() {
    let limit = ServiceBuilder::new().buffer(8).rate_limit(2, SECOND);
    let server = Server::new(service_fn(echo)).shared_layer(limit);
    let started = tokio::time::Instant::now();
    numbers(|listener| server.listen(listener).serve()).await;
    let seconds = started.elapsed().as_secs();
    assert_eq!(seconds, 2, "six requests, two in each second");
}

/// Appends its name to the body of each request.
fn append(name: &'static str) -> impl Fn(RemotingCommand) -> RemotingCommand + Clone {
    move |request| {
        let body = [request.body(), name.as_bytes()].concat();
        request.with_body(body)
    }
}

#[tokio::test(start_paused = true)]
async fn the_order_of_request_layers() {
    let server = Server::new(service_fn(echo))
        .shared_layer(MapRequestLayer::new(append("d")))
        .layer(MapRequestLayer::new(append("a")))
        .shared_layer(MapRequestLayer::new(append("c")))
        .layer(MapRequestLayer::new(append("b")));
    let (listener, mut peers) = Scripted::new(1, false);
    tokio::spawn(server.listen(listener).serve());
    assert_eq!(peers[0].call(&request(1, 1)).await.body(), "abcd");
}

/// A function that is generic over the processor and the layers of a server.
async fn serve_any<P, R, C>(listener: Scripted, processor: P, requests: R, connections: C)
where
    P: Processor + Clone,
    R: Layer<HookedProcessor<P>, Service: Processor> + Send + 'static,
    C: Layer<WatchedDriver<P, Stack<R, Identity>>, Service: ConnectionService<DuplexStream>>,
{
    let server = Server::new(processor).layer(requests).connection_layer(connections);
    server.listen(listener).serve().await.expect("no failure");
}

#[tokio::test(start_paused = true)]
async fn generic_functions_name_the_bounds() {
    let (requests, count) = counter();
    let layer = layer_fn(move |inner| Counted { inner, count: Arc::clone(&count) });
    let (connections, count) = counter();
    let outer = layer_fn(move |inner| Counted { inner, count: Arc::clone(&count) });
    is_served(|listener| serve_any(listener, service_fn(echo), layer, outer)).await;
    assert_eq!((requests.load(Ordering::Relaxed), connections.load(Ordering::Relaxed)), (2, 1));
}

/// tower's layers around the connection of a client: `Timeout` is its maximum age.
#[tokio::test(start_paused = true)]
async fn around_a_clients_connection() {
    let (listener, mut peers) = Scripted::new(1, false);
    tokio::spawn(Server::new(service_fn(echo)).listen(listener).serve());
    let (count, counted) = counter();
    let connector = Connector::new()
        .connection_layer(TimeoutLayer::new(60 * SECOND))
        .connection_layer(MapErrLayer::new(BoxError::from))
        .connection_layer(ConcurrencyLimitLayer::new(1))
        .connection_layer(layer_fn(move |inner| Counted { inner, count: Arc::clone(&counted) }));
    let channel = connector.run(peers.remove(0).io, ChannelInfo::default());
    let started = Instant::now();
    let answer = channel.invoke(request(1, 1).with_body("hello"), SECOND).await.expect("answered");
    assert_eq!(&answer.body()[..], b"hello");
    channel.closed().await;
    assert_eq!(started.elapsed(), 60 * SECOND);
    assert_eq!(count.load(Ordering::Relaxed), 1);
}

/// Everything together, over TCP and as a service.
#[tokio::test]
async fn wherever_connections_come_from() {
    let server = || {
        let (_, count) = counter();
        Server::new(service_fn(echo))
            .connection_layer(layer_fn(move |inner| Counted { inner, count: Arc::clone(&count) }))
    };
    let running = common::run(server().bind("127.0.0.1:0").await.expect("binds"));
    assert_eq!(Raw::connect(running.addr).await.call(&request(1, 1)).await.opaque(), 1);
    running.stop().await;

    fn takes_connections<Io>(_: &impl Service<Connection<Io>, Response = Disconnect>) {}
    takes_connections::<DuplexStream>(&server().into_service());
}
