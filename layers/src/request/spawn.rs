//! Runs requests as tasks of a runtime.
//!
//! # What
//!
//! [`Spawn`] calls the inner service at once and runs the returned future as a task, on the current
//! runtime or on [another one](SpawnLayer::on). If the task panics, the panic resumes in the
//! response future, so it is answered like any other panic. Dropping the response future aborts the
//! task.
//!
//! # Why
//!
//! All requests of a connection are polled in the connection's own task, on one thread at a time.
//! That is fastest for processors that do little or mostly wait. A processor that computes for a
//! long time delays the connection's other requests, its responses and its reads. As a separate
//! task it runs in parallel with them.
//!
//! # When not
//!
//! For light processors: a task per request costs more than they do. For code that blocks its
//! thread: use `tokio::task::spawn_blocking` in the processor, or give this layer a separate
//! runtime. The number of tasks is bounded only by each connection's limit on requests in flight;
//! the layer [`work_queue`](crate::work_queue) has a bound of its own.
//!
//! An aborted task ends at its next `.await`, not in the middle of a computation.
//!
//! # Where
//!
//! Around the heavy processor or route, inside limits and [`recover`](crate::recover). The inner
//! service need not be `Clone`.
//!
//! ```
//! use rocketmq_tower::layers::SpawnLayer;
//! use rocketmq_tower::{BoxError, Processor, RequestCode, Router, Server, ServiceBuilder};
//!
//! async fn serve(
//!     heavy: impl Processor + Clone + Sync,
//!     others: impl Processor + Clone + Sync,
//! ) -> Result<(), BoxError> {
//!     let heavy = ServiceBuilder::new().layer(SpawnLayer::new()).service(heavy);
//!     let router =
//!         Router::builder().route(RequestCode::QUERY_MESSAGE, heavy).fallback(others).build()?;
//!     Server::new(router).bind("0.0.0.0:10911").await?.serve().await?;
//!     Ok(())
//! }
//! ```
//!
//! Java runs processors on threads of their own: `NettyRemotingAbstract.processRequestCommand`
//! hands each request to an executor.

use crate::support::inner::inner_service;
use crate::support::task;
use rocketmq_tower_core::{BoxError, RemotingCommand};
use std::future::Future;
use std::panic::resume_unwind;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tower_layer::Layer;
use tower_service::Service;

/// Runs requests as tasks of a runtime. See the [module's documentation](self).
#[derive(Clone, Debug, Default)]
pub struct SpawnLayer {
    handle: Option<Handle>,
}

impl SpawnLayer {
    /// Runs tasks on the runtime in which the service is called.
    #[must_use]
    pub const fn new() -> Self {
        Self { handle: None }
    }

    /// Runs tasks on this runtime. Once it is shut down, requests fail with [`Stopped`](Stopped).
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

/// Runs requests as tasks of a runtime. See the [module's documentation](self).
#[derive(Clone, Debug)]
pub struct Spawn<S> {
    inner: S,
    handle: Option<Handle>,
}

impl<S> Spawn<S> {
    const fn new(inner: S, handle: Option<Handle>) -> Self {
        Self { inner, handle }
    }

    inner_service!();
}

impl<S> Service<RemotingCommand> for Spawn<S>
where
    S: Service<RemotingCommand>,
    S::Response: Send + 'static,
    S::Error: Into<BoxError>,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = ResponseFuture<S::Response>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, request: RemotingCommand) -> Self::Future {
        let exchange = self.inner.call(request);
        let exchange = async move { exchange.await.map_err(Into::into) };
        ResponseFuture::start(self.handle.as_ref(), exchange)
    }
}

/// An exchange that runs as a task. Dropping this aborts the task.
#[derive(Debug)]
pub struct ResponseFuture<R> {
    task: JoinHandle<Result<R, BoxError>>,
}

impl<R: Send + 'static> ResponseFuture<R> {
    /// Starts `exchange` on `handle`, or on the caller's runtime if it is `None`.
    pub(crate) fn start(
        handle: Option<&Handle>,
        exchange: impl Future<Output = Result<R, BoxError>> + Send + 'static,
    ) -> Self {
        let task = match handle {
            Some(handle) => task::spawn_on(handle, "rocketmq request", exchange),
            None => task::spawn("rocketmq request", exchange),
        };
        Self { task }
    }
}

impl<R> Future for ResponseFuture<R> {
    type Output = Result<R, BoxError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Poll::Ready(match ready!(Pin::new(&mut self.task).poll(cx)) {
            Ok(result) => result,
            // The panic hook has already run in the task; `resume_unwind` does not run it again.
            Err(error) => match error.try_into_panic() {
                Ok(panic) => resume_unwind(panic),
                Err(_cancelled) => Err(Stopped.into()),
            },
        })
    }
}

impl<R> Drop for ResponseFuture<R> {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The runtime that should have run the request has been shut down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the runtime of the processor has been shut down")]
pub struct Stopped;
