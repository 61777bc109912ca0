use super::ConnectionLimit;
use std::fmt;
use std::sync::Arc;
use tokio::sync::Semaphore;
use tower_layer::Layer;

/// Limits the number of concurrent connections. See the [module's documentation](super).
///
/// Clones of a layer do not share permits: each service that [`new`](Self::new) or a clone of it wraps
/// has its own, and so has each service its own counts [per IP address](Self::per_ip). Clones of a
/// wrapped service share them. To share permits between services, use
/// [`with_semaphore`](Self::with_semaphore).
#[derive(Clone)]
pub struct ConnectionLimitLayer {
    max: usize,
    shared: Option<Arc<Semaphore>>,
    refuse: bool,
    per_ip: usize,
}

impl ConnectionLimitLayer {
    /// Allows at most `max` concurrent connections per wrapped service; further connections wait.
    #[must_use]
    pub const fn new(max: usize) -> Self {
        Self { max, shared: None, refuse: false, per_ip: usize::MAX }
    }

    /// Allows as many concurrent connections as `semaphore` has permits. Other services may share
    /// the semaphore.
    #[must_use]
    pub const fn with_semaphore(semaphore: Arc<Semaphore>) -> Self {
        Self { max: 0, shared: Some(semaphore), refuse: false, per_ip: usize::MAX }
    }

    /// Returns how many concurrent connections are allowed; of a shared semaphore, how many permits
    /// it has now.
    #[must_use]
    pub fn max(&self) -> usize {
        self.shared.as_ref().map_or(self.max, |semaphore| semaphore.available_permits())
    }

    /// Accepts connections beyond the limit and closes them at once, instead of making them wait.
    #[must_use]
    pub const fn refuse(mut self) -> Self {
        self.refuse = true;
        self
    }

    /// Allows at most `max` concurrent connections per IP address; further connections are closed
    /// at once. Default: no bound.
    #[must_use]
    pub const fn per_ip(mut self, max: usize) -> Self {
        self.per_ip = max;
        self
    }
}

impl<S> Layer<S> for ConnectionLimitLayer {
    type Service = ConnectionLimit<S>;

    fn layer(&self, inner: S) -> Self::Service {
        let own = || Arc::new(Semaphore::new(self.max.min(Semaphore::MAX_PERMITS)));
        let semaphore = self.shared.clone().unwrap_or_else(own);
        ConnectionLimit::new(inner, semaphore, self.refuse, self.per_ip)
    }
}

impl fmt::Debug for ConnectionLimitLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("ConnectionLimitLayer");
        match &self.shared {
            Some(semaphore) => out.field("available", &semaphore.available_permits()),
            None => out.field("max", &self.max),
        };
        out.field("refuse", &self.refuse).field("per_ip", &self.per_ip).finish()
    }
}
