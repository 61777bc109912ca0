use super::meters::Meters;
use super::register::Register;
use super::{Detail, Metrics};
use metrics::{Label, Recorder, SharedString};
use std::sync::Arc;
use tower_layer::Layer;

/// Measures connections and requests. See the [module's documentation](super).
#[derive(Clone, Debug)]
pub struct MetricsLayer {
    meters: Arc<Meters>,
}

impl MetricsLayer {
    /// Measures with the global recorder, which must have been installed before.
    #[must_use]
    pub fn new() -> Self {
        Self::builder().build()
    }

    /// Returns a builder, to use another recorder or add labels.
    #[must_use]
    pub fn builder() -> MetricsBuilder {
        MetricsBuilder { register: Register::default(), detail: None }
    }
}

impl Default for MetricsLayer {
    fn default() -> Self {
        Self::new()
    }
}

impl<S> Layer<S> for MetricsLayer {
    type Service = Metrics<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Metrics::new(inner, Arc::clone(&self.meters))
    }
}

/// Builds a [`MetricsLayer`].
#[derive(Clone, Debug)]
pub struct MetricsBuilder {
    register: Register,
    detail: Option<Detail>,
}

impl MetricsBuilder {
    /// Measures with this recorder instead of the global one.
    #[must_use]
    pub fn recorder(mut self, recorder: impl Recorder + Send + Sync + 'static) -> Self {
        self.register.recorder = Some(Arc::new(recorder));
        self
    }

    /// Adds this label to every metric, for instance to tell servers in one process apart.
    #[must_use]
    pub fn label(mut self, name: impl Into<SharedString>, value: impl Into<SharedString>) -> Self {
        self.register.labels.push(Label::new(name, value));
        self
    }

    /// Also counts requests by topic and by labels that are taken from them.
    #[must_use]
    pub fn detail(mut self, detail: Detail) -> Self {
        self.detail = Some(detail);
        self
    }

    /// Builds the layer. Meters without labels of their own are registered now, others on first
    /// use.
    #[must_use]
    pub fn build(self) -> MetricsLayer {
        MetricsLayer { meters: Arc::new(Meters::new(self.register, self.detail)) }
    }
}
