//! The end of the log.

use super::Log;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

/// The maximum wait for the tasks that still use the log after their connections were closed.
const RELEASE: Duration = Duration::from_secs(10);

/// The handle of the log's owner. Dropping it makes the log write what it has accepted, take no
/// more, and end its writer; it does not wait for that.
pub(crate) struct LogGuard(Arc<Log>);

impl LogGuard {
    pub(crate) fn new(log: Log) -> Self {
        Self(Arc::new(log))
    }

    pub(crate) fn handle(&self) -> Arc<Log> {
        Arc::clone(&self.0)
    }
}

impl Drop for LogGuard {
    fn drop(&mut self) {
        self.0.stop();
    }
}

/// Writes what was accepted, takes no more, and returns when the log's writer has ended and the
/// store is closed.
pub(crate) async fn close(guard: LogGuard) {
    let log = guard.handle();
    drop(guard);
    let (storage, released) = (Arc::clone(&log.storage), log.released.clone());
    log.close().await;
    drop(log);
    if timeout(RELEASE, released.cancelled()).await.is_err() {
        tracing::warn!("the store stays open, as a request still uses it");
    }
    // The last handle closes the store, which waits for the store's threads.
    if let Err(error) = spawn_blocking(move || drop(storage)).await {
        tracing::error!(%error, "closing the store failed");
    }
}
