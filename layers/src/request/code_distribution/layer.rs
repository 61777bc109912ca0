use super::{CodeDistribution, Traffic};
use std::time::Duration;
use tower_layer::Layer;

/// Counts requests and responses by code. See the [module's documentation](super).
#[derive(Clone, Debug)]
pub struct CodeDistributionLayer {
    traffic: Traffic,
}

impl CodeDistributionLayer {
    /// Creates a layer that counts, and logs once a second.
    #[must_use]
    pub fn new() -> Self {
        Self { traffic: Traffic::new(Duration::from_secs(1)) }
    }

    /// Logs once per `period` instead. `Duration::ZERO` turns the log off. The counts start again
    /// at zero.
    #[must_use]
    pub fn period(self, period: Duration) -> Self {
        Self { traffic: Traffic::new(period) }
    }

    /// Returns a handle to the counts.
    #[must_use]
    pub fn traffic(&self) -> Traffic {
        self.traffic.clone()
    }
}

impl Default for CodeDistributionLayer {
    fn default() -> Self {
        Self::new()
    }
}

impl<S> Layer<S> for CodeDistributionLayer {
    type Service = CodeDistribution<S>;

    fn layer(&self, inner: S) -> Self::Service {
        CodeDistribution::new(inner, self.traffic.clone())
    }
}
