//! The connections of clients.

use super::super::Shared;
use super::super::answer::{Answer, ApiError, Page, Params, answer};
use super::report;
use axum::extract::State;
use serde_json::{Value, json};
use std::sync::Arc;

/// Lists the connections that have clients, by their numbers.
pub(super) async fn list(State(shared): State<Arc<Shared>>, Params(page): Params<Page>) -> Answer {
    let after = match page.after.as_deref().map(str::parse) {
        None => None,
        Some(Ok(after)) => Some(after),
        Some(Err(_)) => return Err(ApiError::bad_request("after: the number of a connection")),
    };
    let size = page.size();
    let (reports, more) =
        report(&shared, move |shared| Ok(shared.broker.clients.connection_reports(after, size)))
            .await?;
    let next = reports.last().filter(|_| more).map(|last| last.id.to_string());
    let items = reports.iter().map(|connection| {
        let clients = connection.clients.iter().map(|client| {
            let names = |groups: &[Arc<str>]| groups.iter().map(|name| json!(**name)).collect();
            let (produces, consumes): (Value, Value) =
                (names(&client.produces), names(&client.consumes));
            json!({ "id": *client.id, "produces": produces, "consumes": consumes })
        });
        json!({
            "id": connection.id,
            "address": connection.address,
            "language": connection.language.to_string(),
            "version": connection.version.to_string(),
            "client_count": connection.client_count,
            "clients": clients.collect::<Vec<_>>(),
        })
    });
    answer(&json!({ "items": items.collect::<Vec<_>>(), "next": next }))
}
