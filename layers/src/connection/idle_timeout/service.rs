use super::IdleTimeoutLayer;
use super::activity::Activity;
use super::future::{Idle, ResponseFuture};
use super::io::IdleIo;
use crate::support::ending::Ending;
use crate::support::inner::inner_service;
use rocketmq_tower_core::{CloseReason, Connection, Disconnect};
use std::task::{Context, Poll};
use std::time::Duration;
use tower_service::Service;

/// Ends idle connections. See the [module's documentation](super).
#[derive(Clone, Debug)]
pub struct IdleTimeout<S> {
    pub(super) inner: S,
    pub(super) settings: IdleTimeoutLayer,
}

impl<S> IdleTimeout<S> {
    /// Same as the service of [`IdleTimeoutLayer::new`].
    pub const fn new(inner: S, limit: Duration) -> Self {
        Self { inner, settings: IdleTimeoutLayer::new(limit) }
    }

    inner_service!();
}

impl<Io, S> Service<Connection<Io>> for IdleTimeout<S>
where
    S: Service<Connection<IdleIo<Io>>, Response = Disconnect>,
{
    type Response = Disconnect;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, connection: Connection<Io>) -> Self::Future {
        let IdleTimeoutLayer { limit, grace, spare_busy } = self.settings;
        let (channel, activity) = (connection.channel(), Activity::new());
        let noting = activity.clone();
        let inner = self.inner.call(connection.map_io(|io| IdleIo::new(io, noting)));
        let ending = if limit.is_zero() {
            Ending::at_once(channel, CloseReason::Idle)
        } else {
            Ending::new(channel, CloseReason::Idle, limit, grace)
        };
        ResponseFuture::new(inner, ending, Idle { activity, limit, spare_busy })
    }
}
