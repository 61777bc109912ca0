use super::{Mapper, Recover};
use rocketmq_tower_core::{Abort, BoxError};
use std::fmt;
use std::sync::Arc;
use tower_layer::Layer;

/// Turns every error into the protocol's response for it. See the [module's documentation](super).
#[derive(Clone, Default)]
pub struct RecoverLayer {
    mapper: Option<Mapper>,
}

impl RecoverLayer {
    /// Creates the layer.
    #[must_use]
    pub const fn new() -> Self {
        Self { mapper: None }
    }

    /// Creates the layer with a function that knows the errors of layers from elsewhere. It is called
    /// with errors in which nothing of the [table](super) was found. It returns the code and remark
    /// of the response, or `None` to leave the error to the layer.
    #[must_use]
    pub fn with(mapper: impl Fn(&BoxError) -> Option<Abort> + Send + Sync + 'static) -> Self {
        Self { mapper: Some(Arc::new(mapper)) }
    }
}

impl<S> Layer<S> for RecoverLayer {
    type Service = Recover<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Recover::with(inner, self.mapper.clone())
    }
}

impl fmt::Debug for RecoverLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecoverLayer").finish_non_exhaustive()
    }
}
