use super::rules::Current;
use super::{IpFilter, IpRules};
use std::sync::Arc;
use tower_layer::Layer;

/// Accepts or refuses connections by peer address. See the [module's documentation](super).
///
/// Clones, and the services they wrap, share the rules and the count.
#[derive(Clone, Debug)]
pub struct IpFilterLayer {
    current: Arc<Current>,
}

impl IpFilterLayer {
    /// Accepts the connections that `rules` admit.
    #[must_use]
    pub fn new(rules: IpRules) -> Self {
        Self { current: Current::new(rules) }
    }

    /// Replaces the rules, for connections accepted from now on.
    pub fn replace(&self, rules: IpRules) {
        self.current.replace(rules);
    }

    /// Returns the number of connections refused so far.
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
