//! Removes clients and locks that are not renewed.

use crate::state::BrokerState;
use std::time::Duration;
use tokio::time::sleep;

const EVERY: Duration = Duration::from_secs(10);

/// Removes them, in a loop.
pub(crate) async fn run(broker: &BrokerState) {
    loop {
        sleep(EVERY).await;
        broker.clients.expire();
        broker.locks.expire();
    }
}
