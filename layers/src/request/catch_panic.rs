//! Turns panics into errors.
//!
//! # What
//!
//! When the inner service panics in `poll_ready`, `call` or its future, [`CatchPanic`] returns the
//! error [`Panicked`] instead.
//!
//! # Why
//!
//! A connection's driver survives panics anyway and responds with `SYSTEM_ERROR`, but the layers
//! between it and the processor do not see the failure. With this layer inside them, metrics count
//! the panic as a failure, and [`recover`](crate::recover) or a layer of your own turns it into a
//! response.
//!
//! # When not
//!
//! With `panic = "abort"`, where nothing can be caught. If a panic may leave shared state broken,
//! ending the process is safer.
//!
//! # Where
//!
//! At the request level, inside the layers that should see the error.
//!
//! ```
//! use rocketmq_tower::layers::{CatchPanicLayer, CodeDistributionLayer};
//! use rocketmq_tower::{BoxError, Router, Server};
//!
//! async fn serve(router: Router) -> Result<(), BoxError> {
//!     let server = Server::new(router)
//!         .layer(CodeDistributionLayer::new())
//!         // A panic becomes an error for the layers above; the remark of the response is
//!         // "the processor panicked: ..".
//!         .layer(CatchPanicLayer::new())
//!         .bind("0.0.0.0:10911")
//!         .await?;
//!     server.serve().await?;
//!     Ok(())
//! }
//! ```

use crate::support::fallible::Fallible;
use crate::support::inner::inner_service;
use pin_project_lite::pin_project;
use rocketmq_tower_core::error::catch_panic;
use rocketmq_tower_core::{BoxError, RemotingCommand};
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use tower_layer::Layer;
use tower_service::Service;

/// Turns panics into errors. See the [module's documentation](self).
#[derive(Clone, Copy, Debug, Default)]
pub struct CatchPanicLayer(());

impl CatchPanicLayer {
    /// Creates the layer. It has no settings.
    #[must_use]
    pub const fn new() -> Self {
        Self(())
    }
}

impl<S> Layer<S> for CatchPanicLayer {
    type Service = CatchPanic<S>;

    fn layer(&self, inner: S) -> Self::Service {
        CatchPanic::new(inner)
    }
}

/// Turns panics into errors. See the [module's documentation](self).
#[derive(Clone, Copy, Debug)]
pub struct CatchPanic<S> {
    inner: S,
}

impl<S> CatchPanic<S> {
    /// Catches the panics of `inner`.
    pub const fn new(inner: S) -> Self {
        Self { inner }
    }

    inner_service!();
}

impl<S> Service<RemotingCommand> for CatchPanic<S>
where
    S: Service<RemotingCommand>,
    S::Error: Into<BoxError>,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        match catch(|| self.inner.poll_ready(cx)) {
            Ok(ready) => ready.map_err(Into::into),
            Err(panicked) => Poll::Ready(Err(panicked.into())),
        }
    }

    fn call(&mut self, request: RemotingCommand) -> Self::Future {
        match catch(|| self.inner.call(request)) {
            Ok(inner) => ResponseFuture::running(inner),
            Err(panicked) => ResponseFuture::panicked(panicked),
        }
    }
}

pin_project! {
    /// An exchange that fails with [`Panicked`] if the inner future panics.
    #[derive(Debug)]
    pub struct ResponseFuture<F> {
        #[pin]
        exchange: Fallible<F>,
    }
}

impl<F> ResponseFuture<F> {
    fn running(inner: F) -> Self {
        Self { exchange: Fallible::running(inner) }
    }

    fn panicked(panicked: Panicked) -> Self {
        Self { exchange: Fallible::failed(panicked.into()) }
    }
}

impl<F, R, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<R, E>>,
    E: Into<BoxError>,
{
    type Output = Result<R, BoxError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let exchange = self.project().exchange;
        catch(|| exchange.poll(cx)).unwrap_or_else(|panicked| Poll::Ready(Err(panicked.into())))
    }
}

/// The service panicked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the processor panicked: {message}")]
#[non_exhaustive]
pub struct Panicked {
    /// The panic's message, if its payload was a string.
    pub message: String,
}

/// Runs `f`. Logs a panic and returns it as an error.
fn catch<T>(f: impl FnOnce() -> T) -> Result<T, Panicked> {
    catch_panic(f).map_err(|message| {
        tracing::error!(message, "a processor panicked");
        Panicked { message }
    })
}
