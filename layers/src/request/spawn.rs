//! Runs requests as tasks of a runtime.
//!
//! # What
//!
//! [`Spawn`] calls the service inside right away, and runs the future that it returns as a task: of
//! the runtime that it is called in, or of [another](SpawnLayer::on). A panic of the task goes on
//! in the future that waits for it, so that it is answered like any other. When nobody waits for
//! the request any more, its task is aborted.
//!
//! # Why
//!
//! A connection's requests run in the connection's own task, one at a time. That is the fastest way
//! for processors that do little or mostly wait. One that computes for long keeps the connection's
//! other requests, its answers and its reading waiting. As a task it runs next to them.
//!
//! # When not
//!
//! For light processors: a task for each request costs more than they do. For code that blocks its
//! thread: use `tokio::task::spawn_blocking` in the processor, or a runtime of its own here. There
//! is no bound on the tasks, other than that of the requests in flight of each connection; the
//! layer [`work_queue`](crate::work_queue) has one.
//!
//! An aborted task ends where it next waits, not in the middle of a computation.
//!
//! # Where
//!
//! Around the processor or the route that is heavy, inside of limits and of
//! [`recover`](crate::recover). It works around services that are not `Clone`.
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
//! Source of the rule that processors have threads of their own: Java's
//! `NettyRemotingAbstract.processRequestCommand`, which hands each request to an executor.

use crate::support::inner::inner_service;
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
    /// Tasks run on the runtime in which the service is called.
    #[must_use]
    pub const fn new() -> Self {
        Self { handle: None }
    }

    /// Tasks run on this runtime. When it is shut down, requests fail with
    /// [`Stopped`](Stopped).
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

/// An exchange that runs as a task. When this is dropped, the task is aborted.
#[derive(Debug)]
pub struct ResponseFuture<R> {
    task: JoinHandle<Result<R, BoxError>>,
}

impl<R: Send + 'static> ResponseFuture<R> {
    /// Starts `exchange` on this runtime, or on that of the caller.
    pub(crate) fn start(
        handle: Option<&Handle>,
        exchange: impl Future<Output = Result<R, BoxError>> + Send + 'static,
    ) -> Self {
        let task = match handle {
            Some(handle) => handle.spawn(exchange),
            None => tokio::spawn(exchange),
        };
        Self { task }
    }
}

impl<R> Future for ResponseFuture<R> {
    type Output = Result<R, BoxError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Poll::Ready(match ready!(Pin::new(&mut self.task).poll(cx)) {
            Ok(result) => result,
            // The panic hook has run where it happened; here it only goes on.
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

/// The runtime that was to run the request has been shut down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the runtime of the processor has been shut down")]
pub struct Stopped;
