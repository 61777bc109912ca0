use super::pool::Pool;
use super::settings::Settings;
use super::{WorkQueue, WorkQueueStats};
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;
use tower_layer::Layer;

/// An executor for the requests of all services that this layer or a clone of it wraps. See the
/// [module's documentation](super).
///
/// Running and waiting requests are counted together for all of these services. The other settings
/// belong to the layer value that wrapped the service, so a clone can give one route its own
/// `max_wait`.
#[derive(Clone, Debug)]
pub struct WorkQueueLayer {
    pool: Arc<Pool>,
    settings: Settings,
}

impl WorkQueueLayer {
    /// Runs at most `max_running` requests at a time. Zero counts as one. By default, at most
    /// 10 000 more wait, for an unlimited time.
    #[must_use]
    pub fn new(max_running: usize) -> Self {
        Self { pool: Pool::new(max_running), settings: Settings::new() }
    }

    /// Lets at most `max_waiting` requests wait; more are refused. With zero, a request runs at
    /// once or is refused. Default: 10 000, like Java's `sendThreadPoolQueueCapacity`. (Java's
    /// broker has other bounds for other processors, such as 100 000 for pulls and 50 000 for
    /// heartbeats.)
    #[must_use]
    pub const fn queue(mut self, max_waiting: usize) -> Self {
        self.settings.max_waiting = max_waiting;
        self
    }

    /// Refuses requests that have waited for `max_wait`. Default: no bound. Java's broker has
    /// 200 ms for sends and 5 s for pulls.
    #[must_use]
    pub const fn max_wait(mut self, max_wait: Duration) -> Self {
        self.settings.max_wait = Some(max_wait);
        self
    }

    /// Refuses requests that arrive while `reject` returns `true`: Java's
    /// `NettyRequestProcessor.rejectRequest`. It is called for each request and must be quick.
    #[must_use]
    pub fn reject_when(mut self, reject: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        self.settings.reject_when = Some(Arc::new(reject));
        self
    }

    /// Runs requests on this runtime instead of the one in which the service is called. Once it is
    /// shut down, they fail with [`Stopped`](crate::spawn::Stopped).
    #[must_use]
    pub fn on(mut self, handle: Handle) -> Self {
        self.settings.handle = Some(handle);
        self
    }

    /// Returns a handle to the executor's current state.
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
