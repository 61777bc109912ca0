//! Waiting with a bound.

use std::time::Duration;

/// More than anything takes, even on a busy machine: a test that waits for it has failed.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// Waits for `future`, and panics after [`PATIENCE`].
pub(crate) async fn soon<F: Future>(future: F) -> F::Output {
    tokio::time::timeout(PATIENCE, future).await.expect("it happens soon")
}
