//! Deletion of old messages.

use super::bare::BareBroker;
use super::peer::{Peer, bodies};
use super::requests::{Pull, bounds};
use crate::jobs::retention::pass;
use crate::storage::{MemoryStorage, Storage, StorageTable};
use crate::topics::Topics;
use rocketmq_tower::{RequestCode, ResponseCode};
use rocketmq_tower_core::clock;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

/// Returns a broker with no message in the first queue of `T`, three old messages in the second one,
/// and one in the third.
async fn start() -> (Arc<MemoryStorage>, BareBroker, Peer) {
    let storage = Arc::new(MemoryStorage::default());
    let bare = BareBroker::start(storage.clone()).await;
    let client = bare.client().await;
    for (queue, body) in [(1, "a"), (1, "b"), (1, "c"), (2, "d")] {
        client.send_with("T", queue, &[("KEYS", body)], body).await;
    }
    let last = client.all("T", 2).await[0].store_timestamp;
    while clock::now_ms() <= last {
        tokio::task::yield_now().await;
    }
    (storage, bare, client)
}

fn rows(storage: &MemoryStorage, table: StorageTable) -> usize {
    let mut rows = 0;
    let count = &mut |_: &[u8], _: &[u8]| {
        rows += 1;
        ControlFlow::Continue(())
    };
    storage.scan(table, b""..&[0xff; 32], count).unwrap();
    rows
}

#[tokio::test]
async fn old_messages_and_their_keys_are_deleted_except_for_the_last_of_a_queue() {
    let (storage, bare, client) = start().await;
    assert_eq!(
        (rows(&storage, StorageTable::Messages), rows(&storage, StorageTable::Keys)),
        (4, 4)
    );
    pass(&bare.state, Duration::ZERO).await.unwrap();
    assert_eq!(
        (rows(&storage, StorageTable::Messages), rows(&storage, StorageTable::Keys)),
        (2, 2)
    );

    let response = client.pull(&Pull::new("T", 1).at(0)).await;
    assert_eq!(response.response_code(), ResponseCode::PULL_OFFSET_MOVED);
    assert_eq!(bounds(&response), (2, 2, 3));
    for (queue, offset, body) in [(1, 2, "c"), (2, 0, "d")] {
        let response = client.pull(&Pull::new("T", queue).at(offset)).await;
        assert_eq!(bodies(&response), [body]);
    }
    // The offsets continue, also after a restart.
    let again = Topics::open(Arc::clone(&bare.state.log)).await.unwrap();
    let topic = again.find("T").unwrap();
    let ends = topic.queues().iter().map(|queue| (queue.min(), queue.max()));
    assert!(ends.eq([(0, 0), (2, 3), (0, 1), (0, 0)]));
    assert_eq!(client.send("T", 1, "e").await.queue_offset, 3);
}

#[tokio::test]
async fn young_messages_are_kept() {
    let (storage, bare, _) = start().await;
    pass(&bare.state, Duration::from_secs(3600)).await.unwrap();
    assert_eq!(rows(&storage, StorageTable::Messages), 4);
}

#[tokio::test]
async fn an_empty_queue_is_left_alone() {
    let (_, bare, client) = start().await;
    pass(&bare.state, Duration::ZERO).await.unwrap();
    assert_eq!(client.bound(RequestCode::GET_MIN_OFFSET, "T", 0).await, 0);
    client.send("T", 0, "first").await;
    assert_eq!(bodies(&client.pull(&Pull::new("T", 0)).await), ["first"]);
}

#[tokio::test]
async fn more_messages_than_one_round_deletes_are_deleted() {
    let storage = Arc::new(MemoryStorage::default());
    let bare = BareBroker::start(storage.clone()).await;
    let client = bare.client().await;
    for _ in 0..1100 {
        client.send("T", 0, "m").await;
    }
    let last = client.all("T", 0).await[1099].store_timestamp;
    while clock::now_ms() <= last {
        tokio::task::yield_now().await;
    }
    pass(&bare.state, Duration::ZERO).await.unwrap();
    assert_eq!(rows(&storage, StorageTable::Messages), 1);
}
