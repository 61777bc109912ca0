//! The broker from end to end, by behaviour: this library's own client asks what RocketMQ's clients
//! ask. Each test has a broker of its own, on free ports.

mod bare;
mod batches;
mod captured;
mod delays;
mod faulty;
mod folder;
mod groups;
mod heartbeats;
mod holds;
mod load;
mod locks;
mod lookups;
mod metrics;
mod name_server;
mod offsets;
mod peer;
mod pulls;
mod refused_pulls;
mod replies;
mod requests;
mod restarts;
mod retention;
mod running;
mod send_backs;
mod sends;
mod stores;
mod survival;
mod transactions;

pub(crate) use folder::Folder;
use std::time::Duration;

/// Nothing here takes so long, even on a busy machine: a test that waits for it has failed.
const PATIENCE: Duration = Duration::from_secs(30);

/// Fails instead of waiting for ever.
async fn soon<F: Future>(future: F) -> F::Output {
    tokio::time::timeout(PATIENCE, future).await.expect("something happens soon")
}
