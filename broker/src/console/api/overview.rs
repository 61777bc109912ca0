//! The state of the broker, and its settings.

use super::super::Shared;
use super::super::answer::{Answer, Params, answer};
use super::super::samples;
use super::report;
use crate::config::StoreConfig;
use crate::disk_space::DiskSpace;
use crate::requests::admin::config;
use axum::extract::State;
use rocketmq_tower_console::resident_bytes;
use rocketmq_tower_core::clock;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

#[derive(Deserialize)]
pub(super) struct OverviewQuery {
    /// Only samples after this time, in ms since 1970.
    #[serde(default)]
    since: i64,
}

pub(super) async fn overview(
    State(shared): State<Arc<Shared>>,
    Params(query): Params<OverviewQuery>,
) -> Answer {
    let value = report(&shared, move |shared| {
        let broker = &shared.broker;
        let disk = match &broker.settings.options.store {
            StoreConfig::Folder(folder) => DiskSpace::of(folder),
            StoreConfig::Memory => None,
        };
        Ok(json!({
            "broker": broker.identity.name,
            "cluster": broker.identity.cluster,
            "address": broker.identity.address,
            "version": env!("CARGO_PKG_VERSION"),
            "started": broker.statistics.started,
            "uptime_ms": (clock::now_ms() - broker.statistics.started).max(0),
            "read_only": shared.guard.is_open(),
            "topics": broker.topics.len(),
            "groups": broker.groups.len(),
            "memory_bytes": resident_bytes(),
            "disk": disk.map(|disk| json!({ "total_bytes": disk.total, "free_bytes": disk.free })),
            "now": samples::now(broker),
            "samples": shared.samples.since(query.since),
        }))
    });
    answer(&value.await?)
}

pub(super) async fn settings(State(shared): State<Arc<Shared>>) -> Answer {
    let settings = config::values(&shared.broker);
    let items = settings.iter().map(|(name, value)| json!({ "name": name, "value": value }));
    let items = items.collect::<Vec<_>>();
    answer(&json!({ "items": items, "next": Value::Null, "read_only": shared.guard.is_open() }))
}
