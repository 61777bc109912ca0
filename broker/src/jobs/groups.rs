//! Stores the groups that were created by their use.

use crate::state::BrokerState;
use std::time::Duration;
use tokio::time::sleep;

/// The wait after an error of the store.
const AFTER_ERROR: Duration = Duration::from_secs(1);

/// Stores them, in a loop. They are written together, and nobody waits for it.
pub(crate) async fn run(broker: &BrokerState) {
    loop {
        broker.groups.created().await;
        while let Err(error) = broker.groups.store_created().await {
            tracing::warn!(error = &error as &dyn std::error::Error, "groups are not stored yet");
            sleep(AFTER_ERROR).await;
        }
    }
}
