//! An endpoint of a client that was shut down.
#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

mod common;

use common::soon;
use rocketmq_tower::client::{Client, InvokeError};
use rocketmq_tower::{RemotingCommand, ServiceExt};
use std::time::Duration;

/// It will never be ready again, so whoever waits for it is told.
#[tokio::test(start_paused = true)]
async fn is_not_waited_for() {
    let client = Client::new();
    let endpoint = client.endpoint("127.0.0.1:1");
    client.shut_down(Duration::ZERO).await;
    let answer = soon(endpoint.oneshot(RemotingCommand::new(1))).await;
    assert!(matches!(answer, Err(InvokeError::ShutDown)), "{answer:?}");
}
