//! Layers of a user's own making, of every kind that the compiler has to infer.
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

mod common;

use common::Scripted;
use rocketmq_tower::layers::events::Events;
use rocketmq_tower::server::BoundServer;
use rocketmq_tower::{
    BoxError, Connection, Disconnect, Layer, Server, Service, ServiceBuilder, service_fn,
};
use rocketmq_tower_test_support::{Raw, SECOND, echo, request};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use tokio::io::DuplexStream;
use tower::layer::layer_fn;
use tower::limit::ConcurrencyLimitLayer;
use tower::timeout::TimeoutLayer;
use tower::util::{MapErrLayer, MapRequestLayer, option_layer};

/// Counts what it passes on, at either level.
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

/// A layer that goes around one kind of service only: what reports events.
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

/// Asks twice over the one connection.
async fn is_served(server: impl FnOnce(Scripted) -> BoundServer<Scripted>) {
    let (listener, mut peers) = Scripted::new(1, false);
    tokio::spawn(server(listener).serve());
    let mut peer = peers.remove(0);
    for opaque in 1..=2 {
        assert_eq!(peer.call(&request(1, opaque)).await.opaque(), opaque);
    }
}

#[tokio::test(start_paused = true)]
async fn closures() {
    let (connections, counted) = counter();
    let count = Arc::clone(&counted);
    let layer = layer_fn(move |inner| Counted { inner, count: Arc::clone(&count) });
    is_served(|listener| Server::new(service_fn(echo)).connection_layer(layer).listen(listener))
        .await;
    let layer = layer_fn(move |inner| Counted { inner, count: Arc::clone(&counted) });
    is_served(|listener| Server::bare(service_fn(echo)).connection_layer(layer).listen(listener))
        .await;
    assert_eq!(connections.load(Ordering::Relaxed), 2, "one each");

    let (requests, counted) = counter();
    let layer = layer_fn(move |inner| Counted { inner, count: Arc::clone(&counted) });
    is_served(|listener| Server::new(service_fn(echo)).layer(layer).listen(listener)).await;
    assert_eq!(requests.load(Ordering::Relaxed), 2);

    let stack = layer_fn(|inner| ServiceBuilder::new().timeout(SECOND).service(inner));
    is_served(|listener| Server::new(service_fn(echo)).connection_layer(stack).listen(listener))
        .await;
}

#[tokio::test(start_paused = true)]
async fn layers_around_one_kind_of_service() {
    let (connections, counted) = counter();
    let server = Server::new(service_fn(echo)).connection_layer(AroundEvents(counted));
    is_served(|listener| server.max_connections(5).listen(listener)).await;
    assert_eq!(connections.load(Ordering::Relaxed), 1);

    let (connections, counted) = counter();
    let tag = MapRequestLayer::new(move |connection: Connection<DuplexStream>| {
        counted.fetch_add(1, Ordering::Relaxed);
        connection
    });
    is_served(|listener| Server::bare(service_fn(echo)).connection_layer(tag).listen(listener))
        .await;
    assert_eq!(connections.load(Ordering::Relaxed), 1);
}

/// A layer that brings an error of its own into the connection level, which fails in none, wants
/// the other branch to have the same.
macro_rules! with_optional_layers {
    ($server:expr, $limit:expr) => {{
        let limit = $limit;
        is_served(|listener| {
            let server = $server.layer(option_layer(limit.map(|_| TimeoutLayer::new(SECOND))));
            let server = server
                .connection_layer(option_layer(limit.map(|_| TimeoutLayer::new(SECOND))))
                .connection_layer(MapErrLayer::new(BoxError::from))
                .connection_layer(option_layer(limit.map(ConcurrencyLimitLayer::new)));
            server.listen(listener)
        })
        .await;
    }};
}

#[tokio::test(start_paused = true)]
async fn layers_that_may_be_there() {
    for limit in [None, Some(1)] {
        with_optional_layers!(Server::new(service_fn(echo)), limit);
        with_optional_layers!(Server::bare(service_fn(echo)), limit);
    }
}

/// All of it over TCP, and as a service.
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
