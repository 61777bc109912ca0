use super::{Middleware, Next, ResponseFuture};
use crate::support::inner::inner_service;
use crate::support::unused::take_ready;
use rocketmq_tower_core::BoxError;
use std::any::type_name;
use std::fmt;
use std::task::{Context, Poll};
use tower_service::Service;

/// Calls an async function with each request and the inner service. See the
/// [module's documentation](super).
#[derive(Clone, Copy)]
pub struct FromFn<F, S> {
    f: F,
    inner: S,
}

impl<F, S> FromFn<F, S> {
    /// Calls `f` around `inner`.
    pub const fn new(f: F, inner: S) -> Self {
        Self { f, inner }
    }

    inner_service!();
}

impl<F, S, Request> Service<Request> for FromFn<F, S>
where
    F: Middleware<Request, S, Error: Into<BoxError>>,
    S: Service<Request, Error: Into<BoxError>> + Clone,
{
    type Response = F::Response;
    type Error = BoxError;
    type Future = ResponseFuture<F::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        // The function gets the service that is ready; the clone has reserved nothing.
        let next = Next::new(take_ready(&mut self.inner));
        ResponseFuture::running(self.f.call(request, next))
    }
}

impl<F, S: fmt::Debug> fmt::Debug for FromFn<F, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FromFn")
            .field("f", &format_args!("{}", type_name::<F>()))
            .field("inner", &self.inner)
            .finish()
    }
}
