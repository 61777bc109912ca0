use super::Stopped;
use rocketmq_tower_core::BoxError;
use std::future::Future;
use std::panic::resume_unwind;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

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
