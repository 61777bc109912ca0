use super::FirstByteTimeout;
use std::time::Duration;
use tower_layer::Layer;

/// Closes connections whose peers send nothing. See the [module's documentation](super).
#[derive(Clone, Copy, Debug)]
pub struct FirstByteTimeoutLayer {
    limit: Duration,
}

impl FirstByteTimeoutLayer {
    /// Closes connections whose first byte has not arrived after `limit`. `Duration::MAX` disables
    /// the timeout.
    #[must_use]
    pub const fn new(limit: Duration) -> Self {
        Self { limit }
    }
}

impl Default for FirstByteTimeoutLayer {
    /// Uses a limit of 10 s.
    fn default() -> Self {
        Self::new(Duration::from_secs(10))
    }
}

impl<S> Layer<S> for FirstByteTimeoutLayer {
    type Service = FirstByteTimeout<S>;

    fn layer(&self, inner: S) -> Self::Service {
        FirstByteTimeout::new(inner, self.limit)
    }
}
