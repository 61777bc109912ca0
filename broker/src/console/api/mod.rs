//! The API: `/api/v1/...`. `docs/console.md` describes it.

mod clients;
mod groups;
mod message;
mod messages;
mod overview;
mod topics;

use super::Shared;
use super::answer::ApiError;
use axum::Router;
use axum::routing::{get, post};
use rocketmq_tower::BoxError;
use std::sync::Arc;
use tokio::task::spawn_blocking;

/// Returns the routes of the API.
pub(super) fn routes() -> Router<Arc<Shared>> {
    let api = Router::new()
        .route("/overview", get(overview::overview))
        .route("/settings", get(overview::settings))
        .route("/topics", get(topics::list).post(topics::create))
        .route("/topics/{name}", get(topics::one).patch(topics::edit).delete(topics::delete))
        .route("/topics/{name}/groups", get(groups::of_topic))
        .route("/messages", get(messages::find).post(messages::send))
        .route("/messages/{name}", get(messages::one))
        .route("/messages/{name}/track", get(messages::track))
        .route("/messages/{name}/resend", post(messages::resend))
        .route("/groups", get(groups::list))
        .route("/groups/{name}", get(groups::one).delete(groups::delete))
        .route("/groups/{name}/members", get(groups::members))
        .route("/groups/{name}/lag", get(groups::lag))
        .route("/groups/{name}/reset", post(groups::reset))
        .route("/connections", get(clients::list));
    Router::new().nest("/api/v1", api)
}

/// Looks through tables, or reads the store, when it is this request's turn.
async fn report<T: Send + 'static>(
    shared: &Arc<Shared>,
    work: impl FnOnce(&Shared) -> Result<T, ApiError> + Send + 'static,
) -> Result<T, ApiError> {
    let turn = shared.turns.take().await?;
    let shared = Arc::clone(shared);
    let work = move || {
        // Until it is done, also if nobody waits for it any more.
        let _turn = turn;
        work(&shared)
    };
    spawn_blocking(work).await?
}

/// Makes a change when it is this request's turn, as a task, which goes on if the connection ends.
async fn change<T: Send + 'static>(
    shared: &Shared,
    work: impl Future<Output = Result<T, BoxError>> + Send + 'static,
) -> Result<T, ApiError> {
    let turn = shared.turns.take().await?;
    let work = async move {
        let _turn = turn;
        work.await
    };
    Ok(tokio::spawn(work).await??)
}
