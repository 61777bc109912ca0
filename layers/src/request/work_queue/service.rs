use super::future::ResponseFuture;
use super::pool::{Entry, Pool};
use super::settings::{Settings, overload};
use crate::spawn;
use crate::support::inner::inner_service;
use rocketmq_tower_core::{BoxError, RemotingCommand};
use std::sync::Arc;
use std::task::{Context, Poll};
use tower::util::Oneshot;
use tower_service::Service;

/// Gives each request to an executor. See the [module's documentation](super).
#[derive(Clone, Debug)]
pub struct WorkQueue<S> {
    /// Never polled for readiness, so it has reserved nothing.
    inner: S,
    pool: Arc<Pool>,
    settings: Settings,
}

impl<S> WorkQueue<S> {
    pub(super) const fn new(inner: S, pool: Arc<Pool>, settings: Settings) -> Self {
        Self { inner, pool, settings }
    }

    inner_service!();
}

impl<S> Service<RemotingCommand> for WorkQueue<S>
where
    S: Service<RemotingCommand> + Clone + Send + 'static,
    S::Response: Send + 'static,
    S::Error: Into<BoxError>,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = ResponseFuture<S::Response>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: RemotingCommand) -> Self::Future {
        if let Err(error) = self.settings.check() {
            return ResponseFuture::refused(error);
        }
        let exchange = Oneshot::new(self.inner.clone(), request);
        let handle = self.settings.handle.as_ref();
        match self.pool.enter(self.settings.max_waiting) {
            Entry::Full => ResponseFuture::refused(overload().into()),
            Entry::Run(slot) => {
                ResponseFuture::running(spawn::ResponseFuture::start(handle, async move {
                    let _slot = slot;
                    exchange.await.map_err(Into::into)
                }))
            }
            // The task waits, not the connection, so that a free slot is used even while the
            // connection is busy.
            Entry::Wait(place, turn) => ResponseFuture::waiting(
                spawn::ResponseFuture::start(handle, async move {
                    let _slot = turn.await.map_err(|_left| spawn::Stopped)?;
                    exchange.await.map_err(Into::into)
                }),
                place,
                self.settings.max_wait,
            ),
        }
    }
}
