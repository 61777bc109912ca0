use super::rules::Current;
use super::{IpFilter, IpRules};
use std::sync::Arc;
use tower_layer::Layer;

/// Lets connections in by their peers' addresses. See the [module's documentation](super).
///
/// Its clones, and the services that they are put around, share the rules and the count.
#[derive(Clone, Debug)]
pub struct IpFilterLayer {
    current: Arc<Current>,
}

impl IpFilterLayer {
    /// Lets in whom `rules` admit.
    #[must_use]
    pub fn new(rules: IpRules) -> Self {
        Self { current: Current::new(rules) }
    }

    /// From now on `rules` hold, for connections that come.
    pub fn replace(&self, rules: IpRules) {
        self.current.replace(rules);
    }

    /// How many connections have been refused.
    #[must_use]
    pub fn refused(&self) -> u64 {
        self.current.refused()
    }
}

impl<S> Layer<S> for IpFilterLayer {
    type Service = IpFilter<S>;

    fn layer(&self, inner: S) -> Self::Service {
        IpFilter::new(inner, Arc::clone(&self.current))
    }
}
