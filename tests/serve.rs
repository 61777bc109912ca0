//! Stacks that are built by hand, and servers without some of the default layers.
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

mod common;

use common::Scripted;
use rocketmq_tower::driver::{ConnectionConfig, DriverService};
use rocketmq_tower::layers::RecoverLayer;
use rocketmq_tower::server::listener::{TcpAcceptor, TcpOptions};
use rocketmq_tower::server::{Connections, ServeError, serve};
use rocketmq_tower::{
    BoxError, Connection, Disconnect, RemotingCommand, ResponseCode, Server, Service,
    UnsupportedCode, service_fn,
};
use rocketmq_tower_test_support::{Raw, SECOND, echo, request, soon};
use std::future::{IntoFuture, Pending, pending};
use std::task::{Context, Poll};
use tokio::io::{AsyncReadExt, DuplexStream};
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep, timeout};
use tower::layer::util::Identity;

async fn refuse(request: RemotingCommand) -> Result<RemotingCommand, UnsupportedCode> {
    Err(UnsupportedCode(request.request_code()))
}

#[tokio::test]
async fn a_stack_of_recover_and_the_driver_serves_until_the_signal() {
    let config = ConnectionConfig::server();
    let service = DriverService::server(RecoverLayer::new(), service_fn(refuse), config);
    let tcp = TcpAcceptor::bind("127.0.0.1:0", &TcpOptions::default()).await.expect("binds");
    let (stop, stopped) = oneshot::channel::<()>();
    let connections = Connections::default();
    let server = serve(tcp, service).connections(connections.clone());
    let addr = server.local_addr().socket_addr().expect("an IP address");
    let serving = tokio::spawn(server.with_graceful_shutdown(stopped).into_future());

    let mut client = Raw::connect(addr).await;
    let response = client.call(&request(7, 1)).await;
    assert_eq!(response.response_code(), ResponseCode::REQUEST_CODE_NOT_SUPPORTED);
    assert_eq!(connections.len(), 1);

    stop.send(()).expect("the server runs");
    let shutdown = soon(serving).await.expect("no panic").expect("no failure");
    assert_eq!((shutdown.accepted, shutdown.aborted), (1, 0));
    assert!(client.next().await.is_none());
    assert!(connections.is_empty());
}

#[tokio::test(start_paused = true)]
async fn connections_left_at_the_drain_deadline_are_closed() {
    let stuck = service_fn(|_request| pending::<Result<RemotingCommand, BoxError>>());
    let service = DriverService::server(Identity::new(), stuck, ConnectionConfig::server());
    let (listener, mut peers) = Scripted::new(1, false);
    peers[0].send(&request(1, 1)).await;
    let started = Instant::now();
    let server = serve(listener, service).drain_deadline(3 * SECOND);
    let shutdown = server.with_graceful_shutdown(sleep(SECOND)).await.expect("no failure");
    assert_eq!((shutdown.accepted, shutdown.aborted), (1, 1));
    assert_eq!(started.elapsed(), 4 * SECOND);
}

/// A stack whose `poll_ready` fails.
struct Broken;

impl Service<Connection<DuplexStream>> for Broken {
    type Response = Disconnect;
    type Error = BoxError;
    type Future = Pending<Result<Disconnect, BoxError>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Err("broken".into()))
    }

    fn call(&mut self, _connection: Connection<DuplexStream>) -> Self::Future {
        pending()
    }
}

#[tokio::test(start_paused = true)]
async fn a_service_that_fails_ends_the_server() {
    let (listener, _peers) = Scripted::new(1, false);
    let error = soon(serve(listener, Broken).into_future()).await.expect_err("it fails");
    assert!(matches!(error, ServeError::Service(_)), "{error:?}");
}

#[tokio::test(start_paused = true)]
async fn without_the_idle_timeout_silent_connections_stay() {
    let (listener, mut peers) = Scripted::new(1, false);
    tokio::spawn(Server::new(service_fn(echo)).idle_timeout(None).listen(listener).serve());
    let day = 24 * 3600 * SECOND;
    timeout(day, peers[0].io.read_u8()).await.expect_err("nothing comes, and nothing ends");
    assert_eq!(peers[0].call(&request(1, 5)).await.opaque(), 5);
}
