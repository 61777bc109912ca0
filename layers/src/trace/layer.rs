use super::Trace;
use super::sample::Sample;
use rocketmq_tower_core::RemotingCommand;
use std::sync::Arc;
use tower_layer::Layer;
use tracing::Level;

/// Returns the name of the server to which a request is forwarded; `None` if it is not known.
pub type TargetOf = for<'a> fn(&'a RemotingCommand) -> Option<&'a str>;

/// Opens a span for each connection, or each request. See the [module's documentation](super).
#[derive(Clone, Debug)]
pub struct TraceLayer {
    pub(super) level: Level,
    pub(super) failure_level: Level,
    pub(super) sample: Sample,
    pub(super) target_of: Option<TargetOf>,
}

impl TraceLayer {
    /// Traces all requests, with spans at level DEBUG and failures at WARN.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            level: Level::DEBUG,
            failure_level: Level::WARN,
            sample: Sample::All,
            target_of: None,
        }
    }

    /// Sets the level of spans and of the event at their end. Default: DEBUG. If the level is
    /// disabled, the layer does nothing.
    #[must_use]
    pub const fn level(mut self, level: Level) -> Self {
        self.level = level;
        self
    }

    /// Sets the level of the event at the end of a failed request. Default: WARN.
    #[must_use]
    pub const fn failure_level(mut self, level: Level) -> Self {
        self.failure_level = level;
        self
    }

    /// Sets how the server is known to which a proxy forwards a request: the field `rocketmq.target`.
    #[must_use]
    pub const fn target_of(mut self, target_of: TargetOf) -> Self {
        self.target_of = Some(target_of);
        self
    }

    /// Traces one in `n` requests, beginning with the first, counted over all services of this
    /// layer and its clones. 0 traces no request.
    #[must_use]
    pub fn every(self, n: u64) -> Self {
        Self { sample: Sample::Every(n, Arc::default()), ..self }
    }

    /// Traces the requests for which `wanted` returns `true`. It is not called if the level is
    /// disabled.
    #[must_use]
    pub fn sample(self, wanted: impl Fn(&RemotingCommand) -> bool + Send + Sync + 'static) -> Self {
        Self { sample: Sample::Wanted(Arc::new(wanted)), ..self }
    }
}

impl Default for TraceLayer {
    fn default() -> Self {
        Self::new()
    }
}

impl<S> Layer<S> for TraceLayer {
    type Service = Trace<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Trace::new(inner, self.clone())
    }
}
