//! The policies: which are on, with which settings, and how many requests were refused.

use super::Shared;
use super::api::rows;
use axum::extract::State;
use metrics_exporter_prometheus::PrometheusHandle;
use rocketmq_tower::layers::metrics::REFUSED;
use rocketmq_tower_console::answer::{Answer, Page, Params, answer};
use serde_json::{Map, Value, json};
use std::sync::Arc;
use tokio::task::spawn_blocking;

pub(super) async fn list(State(shared): State<Arc<Shared>>, Params(page): Params<Page>) -> Answer {
    let in_force = Arc::clone(&shared.in_force.borrow());
    let layers = in_force.config.layers();
    let layers = layers.iter().map(|(name, on)| json!({ "name": name, "on": on }));
    let (rows, next) = rows(&page, in_force.config.policies())?;
    let items = rows
        .iter()
        .map(|(policy, name, value)| json!({ "policy": policy, "name": name, "value": value }));
    let refused = match shared.metrics.clone() {
        Some(metrics) => {
            let _turn = shared.turns.take().await?;
            Some(spawn_blocking(move || refused(&metrics)).await?)
        }
        None => None,
    };
    answer(&json!({
        "layers": layers.collect::<Vec<Value>>(),
        "items": items.collect::<Vec<Value>>(),
        "next": next,
        "refused": refused,
    }))
}

/// Returns how many requests were refused with each code, by the gateway or by a broker. It writes all metrics.
fn refused(metrics: &PrometheusHandle) -> Map<String, Value> {
    let text = metrics.render();
    let samples = text.lines().filter_map(|line| line.strip_prefix(REFUSED)?.strip_prefix('{'));
    let counts = samples.filter_map(|sample| {
        let (labels, count) = sample.rsplit_once("} ")?;
        let code = labels.split_once("response_code=\"")?.1.split('"').next()?;
        Some((code.to_owned(), count.parse::<u64>().ok()?.into()))
    });
    counts.collect()
}
