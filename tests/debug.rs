//! The `Debug` output of the types of servers and clients.
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

mod common;

use common::Scripted;
use rocketmq_tower::client::{Client, Connector};
use rocketmq_tower::driver::{ConnectionConfig, DriverService};
use rocketmq_tower::server::{Connections, serve};
use rocketmq_tower::{Router, Server, service_fn};
use rocketmq_tower_test_support::{echo, request};
use std::fmt::Debug;
use tower::layer::util::Identity;

fn printed(of: &impl Debug) -> String {
    let text = format!("{of:?}");
    for internal in ["Mutex", "RwLock", "poisoned", "ll_sem", "Chan {"] {
        assert!(!text.contains(internal), "{text}");
    }
    text
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
    let text = printed(&client.name_servers(["127.0.0.1:1"]));
    assert!(text.starts_with("NameServers { addrs: [") && text.contains("chosen: Some("), "{text}");
}
