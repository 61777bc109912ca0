use super::Spawn;
use tokio::runtime::Handle;
use tower_layer::Layer;

/// Runs requests as tasks of a runtime. See the [module's documentation](super).
#[derive(Clone, Debug, Default)]
pub struct SpawnLayer {
    handle: Option<Handle>,
}

impl SpawnLayer {
    /// Tasks run on the runtime in which the service is called.
    #[must_use]
    pub const fn new() -> Self {
        Self { handle: None }
    }

    /// Tasks run on this runtime. When it is shut down, requests fail with
    /// [`Stopped`](super::Stopped).
    #[must_use]
    pub fn on(mut self, handle: Handle) -> Self {
        self.handle = Some(handle);
        self
    }
}

impl<S> Layer<S> for SpawnLayer {
    type Service = Spawn<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Spawn::new(inner, self.handle.clone())
    }
}
