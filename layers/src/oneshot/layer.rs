use super::Oneshot;
use tower_layer::Layer;

/// Takes readiness for one request at a time. See the [module's documentation](super).
#[derive(Clone, Copy, Debug, Default)]
pub struct OneshotLayer(());

impl OneshotLayer {
    /// The layer; it has no settings.
    #[must_use]
    pub const fn new() -> Self {
        Self(())
    }
}

impl<S> Layer<S> for OneshotLayer {
    type Service = Oneshot<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Oneshot::new(inner)
    }
}
