use super::IdleTimeout;
use std::time::Duration;
use tower_layer::Layer;

/// Closes idle connections. See the [module's documentation](super).
#[derive(Clone, Copy, Debug)]
pub struct IdleTimeoutLayer {
    limit: Duration,
}

impl IdleTimeoutLayer {
    /// Closes connections on which nothing was read or written for `limit`. `Duration::ZERO` closes
    /// every connection at once, and `Duration::MAX` disables the timeout, as 0 does in Java.
    #[must_use]
    pub const fn new(limit: Duration) -> Self {
        Self { limit }
    }
}

impl Default for IdleTimeoutLayer {
    /// Uses a limit of 120 s.
    fn default() -> Self {
        Self::new(Duration::from_secs(120))
    }
}

impl<S> Layer<S> for IdleTimeoutLayer {
    type Service = IdleTimeout<S>;

    fn layer(&self, inner: S) -> Self::Service {
        IdleTimeout::new(inner, self.limit)
    }
}
