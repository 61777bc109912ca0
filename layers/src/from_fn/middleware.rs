use super::Next;
use std::any::type_name;
use std::fmt;
use std::future::Future;

/// A function that [`from_fn`](super::from_fn) makes a layer of.
///
/// Implemented for functions that fit; there is nothing to implement by hand.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a middleware function for requests of type `{Request}`",
    label = "not a middleware function",
    note = "it takes a request and a `Next`; with state, the state comes first",
    note = "it is async, and returns a `Result` whose error is `Into<BoxError>`",
    note = "the service inside is a `{S}`"
)]
pub trait Middleware<Request, S> {
    /// The response.
    type Response;
    /// The error.
    type Error;
    /// The future of one call.
    type Future: Future<Output = Result<Self::Response, Self::Error>>;

    /// Calls the function. `next` holds the inner service, which is ready.
    fn call(&self, request: Request, next: Next<S>) -> Self::Future;
}

impl<F, Request, S, Fut, R, E> Middleware<Request, S> for F
where
    F: Fn(Request, Next<S>) -> Fut,
    Fut: Future<Output = Result<R, E>>,
{
    type Response = R;
    type Error = E;
    type Future = Fut;

    fn call(&self, request: Request, next: Next<S>) -> Fut {
        self(request, next)
    }
}

/// A function and the state that its calls get clones of.
#[derive(Clone, Copy)]
pub struct WithState<St, F> {
    state: St,
    f: F,
}

impl<St, F> WithState<St, F> {
    pub(super) const fn new(state: St, f: F) -> Self {
        Self { state, f }
    }
}

impl<F, St, Request, S, Fut, R, E> Middleware<Request, S> for WithState<St, F>
where
    F: Fn(St, Request, Next<S>) -> Fut,
    St: Clone,
    Fut: Future<Output = Result<R, E>>,
{
    type Response = R;
    type Error = E;
    type Future = Fut;

    fn call(&self, request: Request, next: Next<S>) -> Fut {
        (self.f)(self.state.clone(), request, next)
    }
}

impl<St, F> fmt::Debug for WithState<St, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("WithState").field(&format_args!("{}", type_name::<F>())).finish()
    }
}
