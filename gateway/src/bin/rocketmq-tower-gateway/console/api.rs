//! The API: `/api/v1/...`. `docs/console.md` describes it.

use super::{Shared, policies, samples, upstreams};
use axum::Router;
use axum::extract::State;
use axum::routing::get;
use rocketmq_tower_console::answer::{Answer, ApiError, Page, Params, answer};
use rocketmq_tower_console::resident_bytes;
use rocketmq_tower_core::clock;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// Returns the routes of the API.
pub(super) fn routes() -> Router<Arc<Shared>> {
    let api = Router::new()
        .route("/overview", get(overview))
        .route("/upstreams", get(upstreams::list))
        .route("/upstreams/{name}", get(upstreams::one))
        .route("/connections", get(connections))
        .route("/policies", get(policies::list))
        .route("/settings", get(settings));
    Router::new().nest("/api/v1", api)
}

#[derive(Deserialize)]
struct OverviewQuery {
    /// Only samples after this time, in ms since 1970.
    #[serde(default)]
    since: i64,
}

async fn overview(
    State(shared): State<Arc<Shared>>,
    Params(query): Params<OverviewQuery>,
) -> Answer {
    let _turn = shared.turns.take().await?;
    let upstreams = shared.status.upstreams();
    answer(&json!({
        "version": env!("CARGO_PKG_VERSION"),
        "started": shared.started,
        "uptime_ms": (clock::now_ms() - shared.started).max(0),
        "read_only": true,
        "upstreams": upstreams.len(),
        "upstreams_down": upstreams.iter().filter(|upstream| !upstream.answers).count(),
        "brokers": shared.status.brokers().len(),
        "memory_bytes": resident_bytes(),
        "now": samples::now(&shared.status).await,
        "samples": shared.samples.since(query.since),
    }))
}

/// Lists the connections of clients, by their numbers.
async fn connections(State(shared): State<Arc<Shared>>, Params(page): Params<Page>) -> Answer {
    let after = match page.after.as_deref().map(str::parse) {
        None => None,
        Some(Ok(after)) => Some(after),
        Some(Err(_)) => return Err(ApiError::bad_request("after: the number of a connection")),
    };
    let _turn = shared.turns.take().await?;
    let (clients, more) = shared.status.clients(after, page.size()).await;
    let next = clients.last().filter(|_| more).map(|last| last.id.to_string());
    let items = clients.iter().map(|client| {
        json!({
            "id": client.id,
            "address": client.address,
            "upstream": client.upstream,
            "target": client.target,
            "has_broker": client.has_broker,
            "since": client.since.map(clock::time_ms),
            "client": client.client,
            "produces": client.produces,
            "consumes": client.consumes,
        })
    });
    answer(&json!({ "items": items.collect::<Vec<_>>(), "next": next }))
}

/// Lists the settings in force, and tells how they were read again the last time.
async fn settings(State(shared): State<Arc<Shared>>, Params(page): Params<Page>) -> Answer {
    let in_force = Arc::clone(&shared.in_force.borrow());
    let (rows, next) = rows(&page, in_force.config.settings())?;
    let items = rows.iter().map(|(name, value)| json!({ "name": name, "value": value }));
    let reload = in_force.reload.as_ref().map(|reload| {
        json!({
            "at": reload.at,
            "ok": reload.error.is_none(),
            "error": reload.error,
            "needs_restart": reload.fixed,
        })
    });
    let items = items.collect::<Vec<Value>>();
    answer(&json!({ "items": items, "next": next, "read_only": true, "reload": reload }))
}

/// Returns the rows of a page, and the number of the last one if there are more.
pub(super) fn rows<T>(page: &Page, mut all: Vec<T>) -> Result<(Vec<T>, Option<String>), ApiError> {
    let after = page.after.as_deref().map(str::parse::<usize>).transpose();
    let after = after.map_err(|_| ApiError::bad_request("after: the number of a row"))?;
    let first = after.map_or(0, |after| after.saturating_add(1)).min(all.len());
    all.drain(..first);
    let more = all.len() > page.size();
    all.truncate(page.size());
    let next = more.then(|| (first + all.len() - 1).to_string());
    Ok((all, next))
}

#[cfg(test)]
mod tests {
    use super::rows;
    use rocketmq_tower_console::answer::Page;

    #[test]
    fn rows_follow_each_other() {
        let mut page = Page { page_size: Some(2), ..Page::default() };
        let mut pages = Vec::new();
        loop {
            let (rows, next) = rows(&page, vec!['a', 'b', 'c', 'd', 'e']).unwrap();
            pages.push(String::from_iter(rows));
            match next {
                Some(next) => page.after = Some(next),
                None => break,
            }
        }
        assert_eq!(pages, ["ab", "cd", "e"]);
        for (after, expected) in [("4", Ok(0)), ("99", Ok(0)), ("x", Err(())), ("-1", Err(()))] {
            page.after = Some(after.into());
            let got = rows(&page, vec!['a'; 5]).map(|(rows, _)| rows.len());
            assert_eq!(got.map_err(|_| ()), expected, "{after}");
        }
    }
}
