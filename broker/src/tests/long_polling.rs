//! Pending pulls and the state of the broker.

use super::bare::BareBroker;
use super::requests::Pull;
use crate::storage::MemoryStorage;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio_test::{assert_pending, task};

/// Longer than any test waits.
const FOR_LONG: i64 = 30_000;

#[tokio::test]
async fn a_pending_pull_ends_with_its_connection() {
    let bare = BareBroker::start(Arc::new(MemoryStorage::default())).await;
    let (client, other) = (bare.client().await, bare.client().await);
    other.send("T", 0, "old").await;
    let before = Arc::strong_count(&bare.state);
    let pull = Pull::new("T", 0).at(1).waits(FOR_LONG);
    let mut pulling = task::spawn(client.pull(&pull));
    assert_pending!(pulling.poll());
    client.max("T", 0).await;
    assert!(Arc::strong_count(&bare.state) > before, "it is pending");
    drop(pulling);
    client.channel.close("the test is over");
    // Pending pulls hold the state.
    let ended = Instant::now() + Duration::from_millis(FOR_LONG as u64 / 2);
    while Arc::strong_count(&bare.state) > before {
        assert!(Instant::now() < ended, "the pull is still pending");
        other.max("T", 0).await;
    }
}
