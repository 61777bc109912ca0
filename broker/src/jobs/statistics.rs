//! Takes samples of the statistics.

use crate::state::BrokerState;
use crate::statistics::EVERY;
use rocketmq_tower_core::clock;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::spawn_blocking;
use tokio::time::{MissedTickBehavior, interval};

/// Takes them, in a loop.
pub(crate) async fn run(broker: &Arc<BrokerState>) {
    let mut ticks = interval(Duration::from_millis(EVERY as u64));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    // The first one is at once.
    ticks.tick().await;
    for turn in 1.. {
        ticks.tick().await;
        let broker = Arc::clone(broker);
        // There may be many.
        let sample = move || broker.statistics.sample(&broker.topics, clock::now_ms(), turn);
        if let Err(error) = spawn_blocking(sample).await {
            tracing::error!(%error, "taking samples of the statistics failed");
        }
    }
}
