use super::HandshakeTimeout;
use std::time::Duration;
use tower_layer::Layer;

/// Ends connections whose peers say nothing. See the [module's documentation](super).
#[derive(Clone, Copy, Debug)]
pub struct HandshakeTimeoutLayer {
    limit: Duration,
}

impl HandshakeTimeoutLayer {
    /// Ends connections whose first byte has not come after `limit`. `Duration::MAX` is never.
    #[must_use]
    pub const fn new(limit: Duration) -> Self {
        Self { limit }
    }
}

impl Default for HandshakeTimeoutLayer {
    /// 10 s.
    fn default() -> Self {
        Self::new(Duration::from_secs(10))
    }
}

impl<S> Layer<S> for HandshakeTimeoutLayer {
    type Service = HandshakeTimeout<S>;

    fn layer(&self, inner: S) -> Self::Service {
        HandshakeTimeout::new(inner, self.limit)
    }
}
