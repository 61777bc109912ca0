use super::FirstByteTimeout;
use std::time::Duration;
use tower_layer::Layer;

/// Ends connections whose peers say nothing. See the [module's documentation](super).
#[derive(Clone, Copy, Debug)]
pub struct FirstByteTimeoutLayer {
    limit: Duration,
}

impl FirstByteTimeoutLayer {
    /// Ends connections whose first byte has not come after `limit`. `Duration::MAX` is never.
    #[must_use]
    pub const fn new(limit: Duration) -> Self {
        Self { limit }
    }
}

impl Default for FirstByteTimeoutLayer {
    /// 10 s.
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
