//! Samples of the last minutes, for the plots.

use super::Shared;
use rocketmq_tower_core::clock;
use rocketmq_tower_gateway::Status;
use serde::Serialize;
use std::sync::Arc;

/// The gateway's counters at a time. 300 of them take 15 KiB.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Sample {
    /// In ms since 1970.
    at: i64,
    /// Totals since the start.
    requests: u64,
    errors: u64,
    /// The connections of clients, and those to brokers, now.
    clients: usize,
    broker_connections: usize,
}

/// Takes a sample each second, for ever.
pub(super) async fn take(shared: Arc<Shared>) {
    let sample = || async {
        let sample = now(&shared.status).await;
        Some((sample.at, sample))
    };
    shared.samples.fill(sample).await;
}

/// Returns the counters now. It looks at each connection.
pub(super) async fn now(status: &Status) -> Sample {
    let (upstreams, ports) = (status.upstreams(), status.connections().await);
    Sample {
        at: clock::now_ms(),
        requests: upstreams.iter().map(|upstream| upstream.requests).sum(),
        errors: upstreams.iter().map(|upstream| upstream.errors).sum(),
        clients: ports.iter().map(|port| port.clients).sum(),
        broker_connections: ports.iter().map(|port| port.brokers).sum(),
    }
}
