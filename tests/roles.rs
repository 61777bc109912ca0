//! Each end of a connection keeps its role, whatever its configuration.
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

mod common;

use common::Scripted;
use rocketmq_tower::client::Connector;
use rocketmq_tower::driver::ConnectionConfig;
use rocketmq_tower::{BoxError, ChannelInfo, RemotingCommand, ResponseCode, Server, service_fn};
use rocketmq_tower_test_support::{Raw, SECOND, request};
use std::future::{Pending, pending};
use tokio::io::DuplexStream;
use tokio::time::timeout;

const REQUESTS: i32 = 10;

fn stuck(_request: RemotingCommand) -> Pending<Result<RemotingCommand, BoxError>> {
    pending()
}

/// Allows one running and one waiting request.
fn small(mut config: ConnectionConfig) -> ConnectionConfig {
    (config.max_in_flight, config.max_queued_requests) = (1, 1);
    config
}

/// Sends more requests than the bounds allow, and returns the codes of the responses.
async fn overload(mut peer: Raw<DuplexStream>) -> Vec<ResponseCode> {
    for opaque in 0..REQUESTS {
        peer.send(&request(1, opaque)).await;
    }
    let mut codes = Vec::new();
    while let Ok(Some(response)) = timeout(SECOND, peer.next()).await {
        codes.push(response.response_code());
    }
    codes
}

#[tokio::test(start_paused = true)]
async fn a_server_with_a_clients_bounds_stops_reading_all_the_same() {
    let (listener, mut peers) = Scripted::new(1, false);
    let server = Server::new(service_fn(stuck)).config(small(ConnectionConfig::client()));
    tokio::spawn(server.listen(listener).serve());
    assert_eq!(overload(peers.remove(0)).await, []);
}

#[tokio::test(start_paused = true)]
async fn a_client_with_a_servers_bounds_never_stops_reading() {
    let (ours, theirs) = tokio::io::duplex(64 * 1024);
    let connector =
        Connector::new().service(service_fn(stuck)).config(small(ConnectionConfig::server()));
    let _channel = connector.run(ours, ChannelInfo::default());
    let codes = overload(Raw::new(theirs)).await;
    assert!(codes.len() >= REQUESTS as usize - 3, "{codes:?}");
    assert!(codes.iter().all(|code| *code == ResponseCode::SYSTEM_BUSY), "{codes:?}");
}
