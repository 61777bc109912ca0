use super::activity::Activity;
use super::future::ResponseFuture;
use super::io::IdleIo;
use crate::support::inner::inner_service;
use rocketmq_tower_core::{Connection, Disconnect};
use std::task::{Context, Poll};
use std::time::Duration;
use tower_service::Service;

/// Closes idle connections. See the [module's documentation](super).
#[derive(Clone, Debug)]
pub struct IdleTimeout<S> {
    inner: S,
    limit: Duration,
}

impl<S> IdleTimeout<S> {
    /// Closes connections on which nothing was read or written for `limit`; at once for
    /// `Duration::ZERO`, never for `Duration::MAX`.
    pub const fn new(inner: S, limit: Duration) -> Self {
        Self { inner, limit }
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
        let activity = Activity::new();
        let channel = connection.channel();
        let noting = activity.clone();
        let inner = self.inner.call(connection.map_io(|io| IdleIo::new(io, noting)));
        ResponseFuture::new(inner, channel, activity, self.limit)
    }
}
