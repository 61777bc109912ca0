use super::{BoxProcessor, ResponseFuture};
use rocketmq_tower_core::BoxError;
use std::any::type_name;
use std::fmt;
use tower_service::Service;

/// The rest of the stack: the inner service, ready for one request.
///
/// Dropping it releases what the inner service has reserved for the request, such as a permit.
#[must_use = "the request is not passed on unless `run` is called"]
pub struct Next<S = BoxProcessor> {
    inner: S,
}

impl<S> Next<S> {
    /// `inner` must be ready.
    pub(super) const fn new(inner: S) -> Self {
        Self { inner }
    }

    /// Passes the request on. The future returns the inner service's response, or its error as a
    /// [`BoxError`].
    ///
    /// The inner service is called now, before the future is polled. Then it is dropped, so the
    /// future holds only the call.
    pub fn run<Request>(mut self, request: Request) -> ResponseFuture<S::Future>
    where
        S: Service<Request, Error: Into<BoxError>>,
    {
        ResponseFuture::running(self.inner.call(request))
    }

    /// Returns the inner service, which is ready for one request. A function that needs more, for
    /// instance to repeat a request, polls it for readiness again.
    pub fn into_inner(self) -> S {
        self.inner
    }
}

impl<S> fmt::Debug for Next<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Next").field(&format_args!("{}", type_name::<S>())).finish()
    }
}
