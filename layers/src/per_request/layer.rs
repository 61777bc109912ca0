use super::PerRequest;
use tower_layer::Layer;

/// Takes readiness for one request at a time. See the [module's documentation](super).
#[derive(Clone, Copy, Debug, Default)]
pub struct PerRequestLayer(());

impl PerRequestLayer {
    /// The layer; it has no settings.
    #[must_use]
    pub const fn new() -> Self {
        Self(())
    }
}

impl<S> Layer<S> for PerRequestLayer {
    type Service = PerRequest<S>;

    fn layer(&self, inner: S) -> Self::Service {
        PerRequest::new(inner)
    }
}
