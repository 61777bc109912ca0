use super::ConnectionLimit;
use std::sync::Arc;
use tokio::sync::Semaphore;
use tower_layer::Layer;

/// Lets in a number of connections at a time. See the [module's documentation](super).
#[derive(Clone, Debug)]
pub struct ConnectionLimitLayer {
    max: usize,
    shared: Option<Arc<Semaphore>>,
    refuse: bool,
    per_ip: usize,
}

impl ConnectionLimitLayer {
    /// At most `max` connections at a time for each service that this is put around; more of them
    /// wait.
    #[must_use]
    pub const fn new(max: usize) -> Self {
        Self { max, shared: None, refuse: false, per_ip: usize::MAX }
    }

    /// As many connections as `semaphore` has permits, which other services may share.
    #[must_use]
    pub const fn with_semaphore(semaphore: Arc<Semaphore>) -> Self {
        Self { max: 0, shared: Some(semaphore), refuse: false, per_ip: usize::MAX }
    }

    /// Connections beyond the limit are accepted and closed at once, instead of waiting.
    #[must_use]
    pub const fn refuse(mut self) -> Self {
        self.refuse = true;
        self
    }

    /// At most `max` connections at a time from one IP address; more of them are closed at once. No
    /// bound by default.
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
