//! Notes aborts, for stacks whose layers hide them.

use super::abort_for;
use crate::support::inner::inner_service;
use pin_project_lite::pin_project;
use rocketmq_tower_core::channel::ExchangeObserver;
use rocketmq_tower_core::{BoxError, RemotingCommand};
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use tower_layer::Layer;
use tower_service::Service;

/// Notes, for [`recover`](super), the protocol's response to each error of the inner service, so that
/// the peer gets it even if a layer in between returns an error of its own without a source.
///
/// Put it inside the layer that hides errors. `Server` in `rocketmq-tower` does this for its request
/// layers and shared layers; for layers around a route of a router, do it yourself:
///
/// ```
/// use rocketmq_tower::layers::recover::NoteAbortsLayer;
/// use rocketmq_tower::{BoxError, RemotingCommand, ServiceBuilder, service_fn};
/// # use tower::util::MapErrLayer;
///
/// async fn answer(_request: RemotingCommand) -> Result<RemotingCommand, BoxError> {
///     Ok(RemotingCommand::response(0))
/// }
///
/// # let circuit_breaker = MapErrLayer::new(|_: BoxError| "the circuit breaker's own error");
/// let route = ServiceBuilder::new()
///     .layer(circuit_breaker)
///     .layer(NoteAbortsLayer::new())
///     .service(service_fn(answer));
/// ```
///
/// A request that succeeds costs one reference count.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoteAbortsLayer(());

impl NoteAbortsLayer {
    /// Creates the layer. It has no settings.
    #[must_use]
    pub const fn new() -> Self {
        Self(())
    }
}

impl<S> Layer<S> for NoteAbortsLayer {
    type Service = NoteAborts<S>;

    fn layer(&self, inner: S) -> Self::Service {
        NoteAborts::new(inner)
    }
}

/// Notes aborts. See [`NoteAbortsLayer`].
#[derive(Clone, Debug)]
pub struct NoteAborts<S> {
    inner: S,
}

impl<S> NoteAborts<S> {
    /// Notes the aborts of `inner`.
    pub const fn new(inner: S) -> Self {
        Self { inner }
    }

    inner_service!();
}

impl<S> Service<RemotingCommand> for NoteAborts<S>
where
    S: Service<RemotingCommand>,
    S::Error: Into<BoxError>,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = NotingFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, request: RemotingCommand) -> Self::Future {
        let observer = request.exchange_observer();
        observer.forget_abort();
        NotingFuture { inner: self.inner.call(request), observer }
    }
}

pin_project! {
    /// An exchange whose abort is noted.
    #[derive(Debug)]
    pub struct NotingFuture<F> {
        #[pin]
        inner: F,
        observer: ExchangeObserver,
    }
}

impl<F, R, E> Future for NotingFuture<F>
where
    F: Future<Output = Result<R, E>>,
    E: Into<BoxError>,
{
    type Output = Result<R, BoxError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let polled = this.inner.poll(cx).map_err(Into::into);
        if let Poll::Ready(Err(error)) = &polled {
            note(this.observer, error);
        }
        polled
    }
}

/// Notes the protocol's response to `error`, if it has one.
#[cold]
pub(crate) fn note(observer: &ExchangeObserver, error: &BoxError) {
    if let Some(abort) = abort_for(&**error) {
        observer.note_abort(abort);
    }
}
