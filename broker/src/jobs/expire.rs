//! Forgets clients and locks that nobody renews.

use crate::state::BrokerState;
use std::time::Duration;
use tokio::time::sleep;

const EVERY: Duration = Duration::from_secs(10);

/// Looks for ever.
pub(crate) async fn run(broker: &BrokerState) {
    loop {
        sleep(EVERY).await;
        broker.clients.expire();
        broker.locks.expire();
    }
}
