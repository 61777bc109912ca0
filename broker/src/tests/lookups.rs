//! Bounds of queries by key.

use super::bare::BareBroker;
use super::peer::{Peer, bodies};
use super::requests::request;
use crate::storage::MemoryStorage;
use rocketmq_tower::{RemotingCommand, RequestCode, ResponseCode};
use std::sync::Arc;

const MIB: usize = 1024 * 1024;

fn query(max: usize, from: i64, to: i64) -> RemotingCommand {
    let numbers = [max as i64, from, to].map(|number| number.to_string());
    let fields = [
        ("topic", "T"),
        ("key", "k"),
        ("maxNum", &numbers[0]),
        ("beginTimestamp", &numbers[1]),
        ("endTimestamp", &numbers[2]),
    ];
    request(RequestCode::QUERY_MESSAGE, &fields)
}

async fn send(client: &Peer, count: usize, length: usize) {
    for number in 0..count {
        let number = number.to_string();
        let body = "0".repeat(length - number.len()) + &number;
        client.send_with("T", 0, &[("KEYS", "k")], &body).await;
    }
}

/// Returns the numbers of the messages that are found.
async fn found(client: &Peer, max: usize) -> Vec<usize> {
    let found = bodies(&client.get(query(max, 0, i64::MAX)).await);
    found.iter().map(|body| body.parse().unwrap()).collect()
}

#[tokio::test]
async fn a_query_finds_the_newest_messages_and_stops_at_the_size_of_a_response() {
    let bare = BareBroker::start(Arc::new(MemoryStorage::default())).await;
    let client = bare.client().await;
    send(&client, 100, 10).await;
    assert_eq!(found(&client, 1).await, [99]);
    assert_eq!(found(&client, 3).await, [99, 98, 97]);
    assert_eq!(found(&client, 1000).await, (36..100).rev().collect::<Vec<_>>());
    send(&client, 6, MIB).await;
    assert_eq!(found(&client, 64).await, [5, 4, 3]);
    send(&client, 1, 4 * MIB - 4096).await;
    assert_eq!(found(&client, 64).await, [0]);
}

#[tokio::test]
async fn a_query_reads_a_bounded_number_of_bytes() {
    let bare = BareBroker::start(Arc::new(MemoryStorage::default())).await;
    let client = bare.client().await;
    client.send_with("T", 0, &[("KEYS", "k")], "oldest").await;
    let time = client.all("T", 0).await[0].store_timestamp;
    super::bare::clock_has_moved().await;
    send(&client, 15, 4 * MIB - 4096).await;
    assert_eq!(bodies(&client.get(query(64, time, time)).await), ["oldest"]);
    send(&client, 3, 4 * MIB - 4096).await;
    let refused = client.refusal(query(64, time, time)).await;
    assert_eq!(refused.0, ResponseCode::QUERY_NOT_FOUND);
}
