use std::task::{Context, Poll};
use tower::util::Oneshot;
use tower_service::Service;

/// Takes readiness for one request at a time. See the [module's documentation](super).
///
/// It works for requests of any type.
#[derive(Clone, Copy, Debug)]
pub struct PerRequest<S> {
    /// Never asked for readiness, so it has reserved nothing.
    inner: S,
}

impl<S> PerRequest<S> {
    /// Each request goes to a clone of `inner`.
    pub const fn new(inner: S) -> Self {
        Self { inner }
    }

    /// The inner service.
    pub fn get_ref(&self) -> &S {
        &self.inner
    }

    /// The inner service, to change it.
    pub fn get_mut(&mut self) -> &mut S {
        &mut self.inner
    }

    /// The inner service alone.
    pub fn into_inner(self) -> S {
        self.inner
    }
}

impl<S, Request> Service<Request> for PerRequest<S>
where
    S: Service<Request> + Clone,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Oneshot<S, Request>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        Oneshot::new(self.inner.clone(), request)
    }
}
