use super::IdleTimeout;
use crate::support::ending::GRACE;
use std::time::Duration;
use tower_layer::Layer;

/// Ends idle connections. See the [module's documentation](super).
#[derive(Clone, Copy, Debug)]
pub struct IdleTimeoutLayer {
    pub(super) limit: Duration,
    pub(super) grace: Duration,
    pub(super) spare_busy: bool,
}

impl IdleTimeoutLayer {
    /// Drains connections on which nothing was read or written for `limit`. `Duration::ZERO` closes
    /// every connection at once, and `Duration::MAX` disables the timeout, as 0 does in Java.
    #[must_use]
    pub const fn new(limit: Duration) -> Self {
        Self { limit, grace: GRACE, spare_busy: false }
    }

    /// Closes a connection that is still open this long after the drain began. Default: 30 s.
    /// `Duration::MAX` waits for ever.
    #[must_use]
    pub const fn grace(mut self, grace: Duration) -> Self {
        self.grace = grace;
        self
    }

    /// Whether connections are spared while requests of the peer are running or deferred, or calls
    /// of this side are in flight. Default: false. A connection then ends at most `limit` after the
    /// last of them has ended.
    ///
    /// A permit that a holder of the channel has reserved with `poll_ready` counts as a call.
    #[must_use]
    pub const fn spare_busy(mut self, spare: bool) -> Self {
        self.spare_busy = spare;
        self
    }
}

impl Default for IdleTimeoutLayer {
    /// Uses a limit of 120 s.
    fn default() -> Self {
        Self::new(Duration::from_secs(120))
    }
}

impl From<Duration> for IdleTimeoutLayer {
    /// Same as [`new`](Self::new).
    fn from(limit: Duration) -> Self {
        Self::new(limit)
    }
}

impl From<Option<Duration>> for IdleTimeoutLayer {
    /// `None` disables the timeout.
    fn from(limit: Option<Duration>) -> Self {
        Self::new(limit.unwrap_or(Duration::MAX))
    }
}

impl<S> Layer<S> for IdleTimeoutLayer {
    type Service = IdleTimeout<S>;

    fn layer(&self, inner: S) -> Self::Service {
        IdleTimeout { inner, settings: *self }
    }
}
