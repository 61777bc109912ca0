use super::pool::Pool;
use super::settings::Settings;
use super::{WorkQueue, WorkQueueStats};
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;
use tower_layer::Layer;

/// An executor for the requests of all services that this, or a clone of it, is put around. See the
/// [module's documentation](super).
///
/// The requests that run and wait are counted together for all of them. Other settings are those of
/// the value that the service was made with, so a clone may give one route a wait of its own.
#[derive(Clone, Debug)]
pub struct WorkQueueLayer {
    pool: Arc<Pool>,
    settings: Settings,
}

impl WorkQueueLayer {
    /// At most `max_running` requests run at a time, and 10 000 more wait, without a bound on how
    /// long. Zero counts as one.
    #[must_use]
    pub fn new(max_running: usize) -> Self {
        Self { pool: Pool::new(max_running), settings: Settings::new() }
    }

    /// At most `max_waiting` requests wait; more are refused. With zero a request runs at once or
    /// not at all. 10 000 by default, as Java's `sendThreadPoolQueueCapacity`. (Java's broker has
    /// other bounds for other processors, such as 100 000 for pulls and 50 000 for heartbeats.)
    #[must_use]
    pub const fn queue(mut self, max_waiting: usize) -> Self {
        self.settings.max_waiting = max_waiting;
        self
    }

    /// Requests that have waited for so long are refused. No bound by default; Java's broker has
    /// 200 ms for sends and 5 s for pulls.
    #[must_use]
    pub const fn max_wait(mut self, max_wait: Duration) -> Self {
        self.settings.max_wait = Some(max_wait);
        self
    }

    /// Requests that come while this is true are refused: Java's
    /// `NettyRequestProcessor.rejectRequest`. It is asked for each request, and must be quick.
    #[must_use]
    pub fn reject_when(mut self, reject: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        self.settings.reject_when = Some(Arc::new(reject));
        self
    }

    /// Requests run on this runtime, instead of the one in which the service is called. When it is
    /// shut down, they fail with [`Stopped`](crate::spawn::Stopped).
    #[must_use]
    pub fn on(mut self, handle: Handle) -> Self {
        self.settings.handle = Some(handle);
        self
    }

    /// What the executor does at the moment.
    #[must_use]
    pub fn stats(&self) -> WorkQueueStats {
        WorkQueueStats::new(Arc::clone(&self.pool))
    }
}

impl<S> Layer<S> for WorkQueueLayer {
    type Service = WorkQueue<S>;

    fn layer(&self, inner: S) -> Self::Service {
        WorkQueue::new(inner, Arc::clone(&self.pool), self.settings.clone())
    }
}
