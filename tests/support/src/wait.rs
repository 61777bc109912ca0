//! Waiting with a timeout.

use std::future::Future;
use std::time::Duration;

/// One second.
pub const SECOND: Duration = Duration::from_secs(1);

/// Returns the output of `future`, with a timeout of 20 s on the test's clock, so that a test fails
/// instead of waiting for ever.
///
/// # Panics
/// If the timeout elapses.
pub async fn soon<F: Future>(future: F) -> F::Output {
    within(20 * SECOND, future).await
}

/// Returns the output of `future`, with a timeout of `limit`. For futures that take longer than
/// 20 s on a paused clock.
///
/// # Panics
/// If the timeout elapses.
pub async fn within<F: Future>(limit: Duration, future: F) -> F::Output {
    tokio::time::timeout(limit, future).await.expect("it happens in time")
}

/// Waits until `condition` holds, with a timeout of 20 s. For conditions that no event announces.
///
/// # Panics
/// If the timeout elapses.
pub async fn until(condition: impl Fn() -> bool) {
    soon(async {
        while !condition() {
            tokio::task::yield_now().await;
        }
    })
    .await;
}
