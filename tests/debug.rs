//! The `Debug` output of the types of servers and clients.
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

mod common;

use common::Scripted;
use rocketmq_tower::client::{Client, Connector, RetryUnprocessed};
use rocketmq_tower::driver::{ConnectionConfig, DriverService};
use rocketmq_tower::server::{Connections, serve};
use rocketmq_tower::{
    BoxError, LongPolls, RemotingCommand, Router, Server, Service, ServiceExt, service_fn,
};
use rocketmq_tower_test_support::{echo, request};
use std::fmt::Debug;
use tower::layer::util::Identity;

fn printed(of: &impl Debug) -> String {
    let text = format!("{of:?}");
    for internal in INTERNALS {
        assert!(!text.contains(internal), "{text}");
    }
    text
}

const INTERNALS: [&str; 9] =
    ["Mutex", "RwLock", "poisoned", "Semaphore", "ll_sem", "Notify", "Chan {", "Shared", "AtomicU"];

/// Answers with the `Debug` output of a request's parts.
async fn print_parts(request: RemotingCommand) -> Result<RemotingCommand, BoxError> {
    let channel = request.channel().expect("received");
    let call = channel.clone().oneshot(RemotingCommand::request(1).oneway());
    let text = [
        printed(&request),
        printed(&channel),
        printed(&request.exchange_observer()),
        printed(&request.defer()?),
        printed(&channel.info()),
        printed(&call),
        printed(&Service::call(&mut channel.clone(), RemotingCommand::request(1))),
    ]
    .join("\n");
    Ok(RemotingCommand::response(0).with_body(text))
}

#[tokio::test]
async fn requests_and_their_parts_print_no_locks() {
    let (listener, mut peers) = Scripted::new(1, false);
    tokio::spawn(Server::new(service_fn(print_parts)).listen(listener).serve());
    let response = peers[0].call(&request(1, 77)).await;
    let text = String::from_utf8_lossy(response.body()).into_owned();
    assert_eq!(response.code(), 0, "{response:?}");
    assert!(text.contains("Responder { channel: Channel { id: "), "{text}");
    assert!(text.contains("opaque: Some(77)"), "{text}");
    assert!(text.contains("ExchangeObserver { channel: Some(Channel { id: "), "{text}");
}

#[tokio::test]
async fn long_polls_print_their_figures() {
    let polls = LongPolls::<u8>::new().max_parked(7).max_bytes(9000);
    let text = printed(&polls);
    assert_eq!(text, "LongPolls { parked: 0, max_parked: 7, bytes: 0, max_bytes: 9000 }");
}

#[tokio::test]
async fn servers_print_settings_and_no_locks() {
    let text = printed(&Server::new(Router::default()));
    assert!(text.contains("connections: Connections { len: 0 }"), "{text}");
    let (listener, _peers) = Scripted::new(1, false);
    printed(&Server::new(Router::default()).listen(listener));
    let (listener, _peers) = Scripted::new(1, false);
    let config = ConnectionConfig::server();
    printed(&serve(listener, DriverService::server(Identity::new(), Router::default(), config)));
}

#[tokio::test]
async fn a_table_of_connections_prints_their_number() {
    let connections = Connections::default();
    let server = Server::new(service_fn(echo)).connections(connections.clone());
    let (listener, mut peers) = Scripted::new(1, false);
    tokio::spawn(server.listen(listener).serve());
    peers.remove(0).call(&request(1, 1)).await;
    assert_eq!(printed(&connections), "Connections { len: 1 }");
}

#[tokio::test]
async fn clients_print_settings_and_no_locks() {
    let client = Client::new();
    printed(&client);
    printed(&Client::builder());
    printed(&Connector::new());
    printed(&client.endpoint("127.0.0.1:1"));
    printed(&RetryUnprocessed::attempts(3).when(|_| true));
    let text = printed(&client.name_servers(["127.0.0.1:1"]));
    assert!(text.starts_with("NameServers { addrs: [") && text.contains("chosen: Some("), "{text}");
}
