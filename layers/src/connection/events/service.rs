use super::future::ResponseFuture;
use super::queue::Queue;
use crate::support::inner::inner_service;
use rocketmq_tower_core::{Connection, Disconnect};
use std::sync::Arc;
use std::task::{Context, Poll};
use tower_service::Service;

/// Tells a listener when connections open, fail and close. See the [module's documentation](super).
#[derive(Clone, Debug)]
pub struct Events<S> {
    inner: S,
    queue: Arc<Queue>,
}

impl<S> Events<S> {
    pub(super) fn new(inner: S, queue: Arc<Queue>) -> Self {
        Self { inner, queue }
    }

    inner_service!();
}

impl<Io, S> Service<Connection<Io>> for Events<S>
where
    S: Service<Connection<Io>, Response = Disconnect>,
{
    type Response = Disconnect;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future, S::Error>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, connection: Connection<Io>) -> Self::Future {
        self.queue.start();
        let channel = connection.channel();
        ResponseFuture::new(self.inner.call(connection), channel, Arc::clone(&self.queue))
    }
}
