use crate::inner::inner_service;
use std::task::{Context, Poll};
use tower::util::Oneshot as ResponseFuture;
use tower_service::Service;

/// Takes readiness for one request at a time. See the [module's documentation](super).
///
/// It works for requests of any type.
#[derive(Clone, Copy, Debug)]
pub struct Oneshot<S> {
    /// Never asked for readiness, so it has reserved nothing.
    inner: S,
}

impl<S> Oneshot<S> {
    /// Each request goes to a clone of `inner`.
    pub const fn new(inner: S) -> Self {
        Self { inner }
    }

    inner_service!();
}

impl<S, Request> Service<Request> for Oneshot<S>
where
    S: Service<Request> + Clone,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = ResponseFuture<S, Request>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        ResponseFuture::new(self.inner.clone(), request)
    }
}
