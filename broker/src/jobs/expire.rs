//! Removes clients and locks that are not renewed.

use crate::state::BrokerState;
use std::time::Duration;
use tokio::task::yield_now;
use tokio::time::sleep;

const EVERY: Duration = Duration::from_secs(10);

/// Removes them, in a loop.
pub(crate) async fn run(broker: &BrokerState) {
    loop {
        sleep(EVERY).await;
        for connection in broker.clients.connections() {
            broker.clients.expire(&connection);
            // Others have a turn, as there may be many.
            yield_now().await;
        }
        broker.locks.expire();
    }
}
