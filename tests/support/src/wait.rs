//! Waiting, with a bound.

use std::future::Future;
use std::time::Duration;

/// One second.
pub const SECOND: Duration = Duration::from_secs(1);

/// Returns what `future` returns, within 20 s of the test's clock: a test fails instead of waiting
/// for ever.
///
/// # Panics
/// If the time is over.
pub async fn soon<F: Future>(future: F) -> F::Output {
    within(20 * SECOND, future).await
}

/// Returns what `future` returns, within `limit`: for what takes longer on a clock that is paused.
///
/// # Panics
/// If the time is over.
pub async fn within<F: Future>(limit: Duration, future: F) -> F::Output {
    tokio::time::timeout(limit, future).await.expect("it happens in time")
}

/// Waits until `condition` holds, within 20 s: for what no event tells of.
///
/// # Panics
/// If the time is over.
pub async fn until(condition: impl Fn() -> bool) {
    soon(async {
        while !condition() {
            tokio::task::yield_now().await;
        }
    })
    .await;
}
