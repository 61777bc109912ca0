//! Servers that run in a task: their handle, and how they end.
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

mod common;

use common::Scripted;
use rocketmq_tower::driver::{ConnectionConfig, DriverService};
use rocketmq_tower::layers::RecoverLayer;
use rocketmq_tower::server::{ServeError, serve};
use rocketmq_tower::{BoxError, MqVersion, RemotingCommand, Server, service_fn};
use rocketmq_tower_test_support::{Raw, SECOND, echo, request, sleeper, soon};
use std::future::{Future, pending};
use std::io::ErrorKind;
use tokio::net::TcpStream;
use tokio::time::Instant;

#[tokio::test]
async fn a_server_runs_until_it_is_shut_down() {
    let server = Server::new(service_fn(echo)).bind("127.0.0.1:0").await.expect("binds").spawn();
    let addr = server.local_addr().socket_addr().expect("an IP address");
    assert_eq!(server.local_addrs(), [addr.into()]);
    let mut client = Raw::connect(addr).await;
    assert_eq!(client.call(&request(1, 7)).await.opaque(), 7);
    assert_eq!(server.connections().len(), 1);
    assert!(format!("{server:?}").contains("connections: 1, is_running: true"), "{server:?}");

    let (shutdown, end) = tokio::join!(server.shutdown(), async {
        let end = client.next_or_end().await;
        drop(client);
        end
    });
    let shutdown = shutdown.expect("no failure");
    assert_eq!((shutdown.accepted, shutdown.aborted), (1, 0));
    assert!(end.is_none(), "drained");
    let refused = TcpStream::connect(addr).await.expect_err("the socket is closed");
    assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
}

/// The request in flight is answered; then the connection ends.
#[tokio::test(start_paused = true)]
async fn dropping_the_handle_drains() {
    let (listener, mut peers) = Scripted::new(1, false);
    let server = Server::new(service_fn(sleeper)).listen(listener).spawn();
    let connections = server.connections();
    let peer = &mut peers[0];
    peer.send(&request(5, 1).with_version(MqVersion::V5_3_1)).await;
    tokio::time::sleep(SECOND).await;
    assert_eq!(connections.len(), 1);
    drop(server);
    assert_eq!(peer.next().await.expect("answered").opaque(), 1);
    assert!(peer.next().await.is_none());
    drop(peers);
    soon(async {
        while !connections.is_empty() {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

/// A shutdown that nothing waits for goes on.
#[tokio::test(start_paused = true)]
async fn a_shutdown_that_is_dropped_goes_on() {
    let (listener, mut peers) = Scripted::new(1, false);
    let server = Server::new(service_fn(echo)).listen(listener).spawn();
    peers[0].call(&request(1, 1)).await;
    let mut shutdown = Box::pin(server.shutdown());
    assert!(poll_once(shutdown.as_mut()).await.is_none(), "the peer is still there");
    drop(shutdown);
    assert!(peers[0].next().await.is_none());
}

/// Polls once.
async fn poll_once<F: Future + Unpin>(future: F) -> Option<F::Output> {
    tokio::select! {
        biased;
        output = future => Some(output),
        () = std::future::ready(()) => None,
    }
}

#[tokio::test(start_paused = true)]
async fn aborting_closes_at_once() {
    let stuck = service_fn(|_request| pending::<Result<RemotingCommand, BoxError>>());
    let (listener, mut peers) = Scripted::new(1, false);
    let server = Server::new(stuck).listen(listener).spawn();
    peers[0].send(&request(1, 1)).await;
    while server.connections().is_empty() {
        tokio::task::yield_now().await;
    }
    let started = Instant::now();
    server.abort();
    assert!(peers[0].next_or_end().await.is_none());
    assert!(started.elapsed().is_zero());
}

#[tokio::test(start_paused = true)]
async fn a_server_that_ends_by_itself_says_so() {
    let (listener, peers) = Scripted::new(2, true);
    let server = Server::new(service_fn(echo)).listen(listener).spawn();
    drop(peers);
    soon(server.ended()).await;
    assert_eq!(soon(server.shutdown()).await.expect("no failure").accepted, 2);

    let (listener, peers) = Scripted::new(1, true);
    let config = ConnectionConfig::server();
    let service = DriverService::server(RecoverLayer::new(), service_fn(echo), config);
    let server = serve(listener, service).spawn();
    drop(peers);
    assert_eq!(soon(server.wait()).await.expect("no failure").accepted, 1);
}

#[test]
fn a_runtime_that_is_shut_down_ends_its_servers() {
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build();
    let theirs = runtime().expect("starts");
    let server = theirs.block_on(async {
        Server::new(service_fn(echo)).bind("127.0.0.1:0").await.expect("binds").spawn()
    });
    drop(theirs);
    let ended = runtime().expect("starts").block_on(server.shutdown()).expect_err("stopped");
    assert!(matches!(ended, ServeError::Stopped), "{ended:?}");
}
