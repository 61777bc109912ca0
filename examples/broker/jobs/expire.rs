//! Forgets clients and locks that nobody renews.

use crate::broker::Broker;
use std::time::Duration;
use tokio::time::sleep;

const EVERY: Duration = Duration::from_secs(10);

/// Looks for ever.
pub(crate) async fn run(broker: &Broker) {
    loop {
        sleep(EVERY).await;
        broker.clients.expire();
        broker.locks.expire();
    }
}
