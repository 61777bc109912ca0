use super::BodyLimit;
use super::limits::Limits;
use rocketmq_tower_core::RequestCode;
use std::collections::HashMap;
use std::sync::Arc;
use tower_layer::Layer;

/// Limits the bodies of requests. See the [module's documentation](super).
#[derive(Clone, Debug)]
pub struct BodyLimitLayer {
    limits: Arc<Limits>,
}

impl BodyLimitLayer {
    /// Bodies of at most `max` bytes, for codes that have no limit of their own. `usize::MAX` is no
    /// limit.
    #[must_use]
    pub fn new(max: usize) -> Self {
        Self { limits: Arc::new(Limits { by_code: HashMap::new(), others: max }) }
    }

    /// Requests with this code have bodies of at most `max` bytes.
    #[must_use]
    pub fn code(mut self, code: impl Into<RequestCode>, max: usize) -> Self {
        Arc::make_mut(&mut self.limits).by_code.insert(code.into(), max);
        self
    }
}

impl<S> Layer<S> for BodyLimitLayer {
    type Service = BodyLimit<S>;

    fn layer(&self, inner: S) -> Self::Service {
        BodyLimit::new(inner, Arc::clone(&self.limits))
    }
}
