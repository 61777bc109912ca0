use super::{Fault, Faults};
use tower_layer::Layer;

/// Injects faults, at both levels. See the [module's documentation](super).
#[derive(Clone, Debug)]
pub struct FaultLayer {
    faults: Faults,
}

impl FaultLayer {
    /// Injects the faults of this handle.
    #[must_use]
    pub fn new(faults: &Faults) -> Self {
        Self { faults: faults.clone() }
    }
}

impl<S> Layer<S> for FaultLayer {
    type Service = Fault<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Fault::new(inner, self.faults.clone())
    }
}
