//! The task that logs.

use super::Traffic;
use super::counts::Counts;
use std::time::Duration;
use tokio::time::{Instant, MissedTickBehavior, interval_at};

/// Logs the new counts of each period, until `traffic` returns `None`.
pub(super) async fn run(traffic: impl Fn() -> Option<Traffic>, period: Duration) {
    // The addition overflows for a period that never ends: there is nothing to log.
    let Some(first) = Instant::now().checked_add(period) else { return };
    let mut ticks = interval_at(first, period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (mut requests, mut responses) = (Counts::default(), Counts::default());
    loop {
        ticks.tick().await;
        let Some(traffic) = traffic() else { return };
        let port = traffic.port();
        let now = traffic.requests();
        let new = now.since(&requests);
        if !new.is_empty() {
            tracing::info!(target: "RocketmqTraffic", "Port: {port}, RequestCode Distribution: {new}");
        }
        requests = now;
        let now = traffic.responses();
        let new = now.since(&responses);
        if !new.is_empty() {
            tracing::info!(target: "RocketmqTraffic", "Port: {port}, ResponseCode Distribution: {new}");
        }
        responses = now;
    }
}
