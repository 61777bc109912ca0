//! Turns for work that takes long.

use crate::answer::ApiError;
use axum::http::StatusCode;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// The number of turns at a time, and the maximum time that others wait for them.
const TURNS: usize = 2;
const WAIT: Duration = Duration::from_secs(5);

/// Turns for requests that look through tables, read a store, or change something: at most 2 at a time.
#[derive(Clone, Debug)]
pub struct Turns(Arc<Semaphore>);

impl Turns {
    /// Creates the turns of a console.
    #[must_use]
    pub fn new() -> Self {
        Self(Arc::new(Semaphore::new(TURNS)))
    }

    /// Waits for a turn, which ends when the returned value is dropped.
    ///
    /// # Errors
    /// With the status 503, if no turn is free within 5 s.
    pub async fn take(&self) -> Result<OwnedSemaphorePermit, ApiError> {
        let busy = || ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "the console is busy");
        let turn = timeout(WAIT, Arc::clone(&self.0).acquire_owned()).await;
        turn.map_err(|_| busy())?.map_err(|_| busy())
    }
}

impl Default for Turns {
    fn default() -> Self {
        Self::new()
    }
}
