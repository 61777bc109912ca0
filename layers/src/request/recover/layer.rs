use super::Recover;
use tower_layer::Layer;

/// Turns every error into the protocol's response for it. See the [module's documentation](super).
#[derive(Clone, Copy, Debug, Default)]
pub struct RecoverLayer(());

impl RecoverLayer {
    /// Creates the layer. It has no settings.
    #[must_use]
    pub const fn new() -> Self {
        Self(())
    }
}

impl<S> Layer<S> for RecoverLayer {
    type Service = Recover<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Recover::new(inner)
    }
}
