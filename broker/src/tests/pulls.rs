//! Pulls outside of a queue's bounds.

use super::bare::{BareBroker, clock_has_moved};
use super::peer::bodies;
use super::requests::{Pull, bounds};
use crate::jobs::retention::pass;
use crate::storage::MemoryStorage;
use rocketmq_tower::ResponseCode;
use std::sync::Arc;
use std::time::Duration;

#[tokio::test]
async fn a_pull_outside_of_the_bounds_of_a_queue_gets_the_bounds() {
    let storage = Arc::new(MemoryStorage::default());
    let bare = BareBroker::start(storage).await;
    let client = bare.client().await;
    for body in ["a0", "a1"] {
        client.send("T", 0, body).await;
    }
    clock_has_moved().await;
    pass(&bare.state, Duration::ZERO).await.unwrap();
    for body in ["a2", "a3"] {
        client.send("T", 0, body).await;
    }

    for (offset, next) in [(0, 2), (1, 2), (-1, 2), (i64::MIN, 2), (5, 4), (i64::MAX, 4)] {
        let response = client.pull(&Pull::new("T", 0).at(offset).waits(20_000)).await;
        assert_eq!(response.response_code(), ResponseCode::PULL_OFFSET_MOVED, "{offset}");
        assert_eq!(bounds(&response), (next, 2, 4), "{offset}");
    }
    let response = client.pull(&Pull::new("T", 0).at(2)).await;
    assert_eq!(bodies(&response), ["a2", "a3"]);
}
