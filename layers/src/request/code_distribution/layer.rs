use super::{CodeDistribution, Traffic};
use crate::deferred::LONG_POLLING;
use rocketmq_tower_core::RequestCode;
use std::sync::Arc;
use std::time::Duration;
use tower_layer::Layer;

/// Counts requests and answers by code. See the [module's documentation](super).
#[derive(Clone, Debug)]
pub struct CodeDistributionLayer {
    traffic: Traffic,
    long_polling: Arc<[RequestCode]>,
}

impl CodeDistributionLayer {
    /// Counts, and logs once a second.
    #[must_use]
    pub fn new() -> Self {
        let traffic = Traffic::new(Duration::from_secs(1));
        Self { traffic, long_polling: Arc::new(LONG_POLLING) }
    }

    /// Logs once in `period` instead; `Duration::ZERO` is never. What was counted before is
    /// forgotten.
    #[must_use]
    pub fn period(self, period: Duration) -> Self {
        Self { traffic: Traffic::new(period), ..self }
    }

    /// The codes of requests that may be [`deferred`](crate::deferred), instead of
    /// [`LONG_POLLING`].
    #[must_use]
    pub fn long_polling(self, codes: impl IntoIterator<Item = RequestCode>) -> Self {
        Self { long_polling: codes.into_iter().collect(), ..self }
    }

    /// What was counted.
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
        CodeDistribution::new(inner, self.traffic.clone(), Arc::clone(&self.long_polling))
    }
}
