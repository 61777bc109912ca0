use super::io::HandshakeIo;
use crate::support::inner::inner_service;
use rocketmq_tower_core::{Connection, Disconnect};
use std::task::{Context, Poll};
use std::time::Duration;
use tower_service::Service;

/// Closes connections whose peers send nothing. See the [module's documentation](super).
#[derive(Clone, Debug)]
pub struct FirstByteTimeout<S> {
    inner: S,
    limit: Duration,
}

impl<S> FirstByteTimeout<S> {
    /// Closes connections whose first byte has not arrived after `limit`; never for
    /// `Duration::MAX`.
    pub const fn new(inner: S, limit: Duration) -> Self {
        Self { inner, limit }
    }

    inner_service!();
}

impl<Io, S> Service<Connection<Io>> for FirstByteTimeout<S>
where
    S: Service<Connection<HandshakeIo<Io>>, Response = Disconnect>,
{
    type Response = Disconnect;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, connection: Connection<Io>) -> Self::Future {
        let (channel, limit) = (connection.channel(), self.limit);
        self.inner.call(connection.map_io(|io| HandshakeIo::new(io, channel, limit)))
    }
}
