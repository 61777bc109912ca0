use super::activity::Activity;
use crate::support::ending::Ending;
use pin_project_lite::pin_project;
use rocketmq_tower_core::{Channel, Disconnect};
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::Instant;

pin_project! {
    /// Future of a connection that ends when idle.
    #[derive(Debug)]
    pub struct ResponseFuture<F> {
        #[pin]
        inner: F,
        // Its timer is not reset with every byte: when it fires, the future checks how long the
        // connection has been idle, and sleeps for the rest of the limit.
        #[pin]
        ending: Ending,
        idle: Idle,
    }
}

/// Decides whether a connection is idle.
#[derive(Debug)]
pub(super) struct Idle {
    pub(super) activity: Activity,
    pub(super) limit: Duration,
    pub(super) spare_busy: bool,
}

impl Idle {
    /// Returns until when the connection is not idle; `None` or a time that has passed if it is.
    fn until(&self, channel: &Channel) -> Option<Instant> {
        if self.spare_busy && (channel.requests() > 0 || channel.calls() > 0) {
            return Instant::now().checked_add(self.limit);
        }
        self.activity.last().checked_add(self.limit)
    }
}

impl<F> ResponseFuture<F> {
    pub(super) fn new(inner: F, ending: Ending, idle: Idle) -> Self {
        Self { inner, ending, idle }
    }
}

impl<F, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<Disconnect, E>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        if let Poll::Ready(end) = this.inner.poll(cx) {
            return Poll::Ready(end);
        }
        this.ending.poll(cx, |channel| this.idle.until(channel));
        Poll::Pending
    }
}
