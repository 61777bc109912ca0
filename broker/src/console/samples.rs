//! Samples of the last minutes, for the plots.

use super::Shared;
use crate::state::BrokerState;
use rocketmq_tower_core::clock;
use serde::Serialize;
use std::sync::Arc;
use tokio::task::spawn_blocking;

/// The broker's counters at a time. 300 of them take 20 KiB.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Sample {
    /// In ms since 1970.
    at: i64,
    /// Totals since the start.
    messages_in: u64,
    bytes_in: u64,
    messages_out: u64,
    bytes_out: u64,
    /// The bytes in the log now.
    stored_bytes: u64,
    connections: usize,
}

/// Takes a sample each second, for ever.
pub(super) async fn take(shared: Arc<Shared>) {
    let sample = || {
        let shared = Arc::clone(&shared);
        // The store may wait for its disk.
        let sample = spawn_blocking(move || now(&shared.broker));
        async { sample.await.ok().map(|sample| (sample.at, sample)) }
    };
    shared.samples.fill(sample).await;
}

/// Returns the counters now. For a thread that may block.
pub(super) fn now(broker: &BrokerState) -> Sample {
    let (puts, gets) = (&broker.statistics.puts.all, &broker.statistics.gets);
    let stored = broker.log.storage().log_bounds();
    Sample {
        at: clock::now_ms(),
        messages_in: puts.messages(),
        bytes_in: puts.bytes(),
        messages_out: gets.messages(),
        bytes_out: gets.bytes(),
        stored_bytes: stored.end - stored.start,
        connections: broker.clients.connection_count(),
    }
}
