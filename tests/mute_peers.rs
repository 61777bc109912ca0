//! Peers that are connected and read, but send nothing, over real sockets.
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

mod common;

use common::run;
use rocketmq_tower::client::{Client, Connector};
use rocketmq_tower::driver::ConnectionConfig;
use rocketmq_tower::layers::EventsLayer;
use rocketmq_tower::layers::events::Event;
use rocketmq_tower::{CallError, Channel, CloseReason, RemotingCommand, Server, service_fn};
use rocketmq_tower_test_support::{Raw, SECOND, answer, echo, request, soon};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::time::{interval, timeout};

const SHORT: Duration = Duration::from_millis(200);

/// Starts a server, connects a peer that speaks once, and returns the server's channel to it.
async fn serve(
    server: Server<impl rocketmq_tower::Processor + Clone>,
) -> (common::Running, Raw, Channel) {
    let server = server.bind("127.0.0.1:0").await.expect("binds");
    let connections = server.connections();
    let server = run(server);
    let mut peer = Raw::connect(server.addr).await;
    peer.call(&request(1, 1)).await;
    let channel = connections.channels().pop().expect("the peer's");
    (server, peer, channel)
}

/// Reads and discards everything; sends nothing.
fn mute(mut peer: Raw) {
    tokio::spawn(async move { while peer.next_or_end().await.is_some() {} });
}

#[tokio::test]
async fn a_server_that_pushes_gets_rid_of_a_mute_peer() {
    let (told, mut events) = mpsc::unbounded_channel();
    let server = Server::new(service_fn(echo))
        .events(EventsLayer::from_fn(move |event: Event| _ = told.send(event)))
        .read_idle_timeout(SHORT);
    let (server, peer, channel) = serve(server).await;
    mute(peer);
    let mut ticks = interval(SHORT / 10);
    let pushing = async {
        while channel.invoke_oneway(request(1, 1)).await.is_ok() {
            ticks.tick().await;
        }
    };
    soon(pushing).await;
    assert!(matches!(soon(channel.closed()).await, CloseReason::ReadIdle));
    let mut names = Vec::new();
    for _ in 0..3 {
        names.push(soon(events.recv()).await.expect("an event").name());
    }
    assert_eq!(names, ["CONNECTED", "IDLE", "DISCONNECTED"]);
    server.stop().await;
}

#[tokio::test]
async fn a_server_that_calls_gets_rid_of_a_mute_peer() {
    let mut config = ConnectionConfig::server();
    config.answer_stall = SHORT;
    let (server, peer, channel) = serve(Server::new(service_fn(echo)).config(config)).await;
    mute(peer);
    let calling = async {
        loop {
            match channel.invoke(request(1, 1), SHORT / 4).await {
                Err(CallError::Timeout { .. }) => {}
                other => return other.expect_err("the peer is mute"),
            }
        }
    };
    let error = soon(calling).await;
    let (CallError::Closed(reason) | CallError::NotSent(reason)) = error else {
        panic!("{error:?}")
    };
    assert!(matches!(reason, CloseReason::AnswerStalled), "{reason:?}");
    server.stop().await;
}

/// A server that hangs and is restarted, or fails over behind its address.
#[tokio::test]
async fn a_client_finds_the_server_that_speaks_again() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("binds");
    let addr = listener.local_addr().expect("bound");
    tokio::spawn(async move {
        let (hanging, _) = listener.accept().await.expect("open");
        mute(Raw::new(hanging));
        loop {
            let mut peer = Raw::new(listener.accept().await.expect("open").0);
            while let Some(request) = peer.next_or_end().await {
                peer.send(&answer(request.opaque())).await;
            }
        }
    });
    let client = Client::builder().connector(Connector::new()).call_timeout(3 * SHORT).build();
    let call = async |limit| timeout(limit, client.invoke(addr, request(1, 1), 3 * SHORT)).await;
    // After more than a third of the call's own timeout.
    assert!(call(2 * SHORT).await.is_err(), "the caller gives up");
    let answered: RemotingCommand =
        client.invoke(addr, request(1, 2), 20 * SECOND).await.expect("over another connection");
    assert_eq!(answered.opaque(), 2);
}
