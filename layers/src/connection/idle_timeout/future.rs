use super::activity::Activity;
use pin_project_lite::pin_project;
use rocketmq_tower_core::{Channel, CloseReason, Disconnect};
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::{Instant, Sleep, sleep};

pin_project! {
    /// Future of a connection that is closed when idle.
    #[derive(Debug)]
    pub struct ResponseFuture<F> {
        #[pin]
        inner: F,
        // One timer per connection. It is not reset with every byte: when it fires, it checks how
        // long the connection has been idle, and sleeps for the rest of the limit.
        #[pin]
        timer: Sleep,
        expired: bool,
        channel: Channel,
        activity: Activity,
        limit: Duration,
    }
}

impl<F> ResponseFuture<F> {
    pub(super) fn new(inner: F, channel: Channel, activity: Activity, limit: Duration) -> Self {
        Self { inner, timer: sleep(limit), expired: false, channel, activity, limit }
    }
}

impl<F, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<Disconnect, E>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let mut this = self.project();
        if let Poll::Ready(end) = this.inner.poll(cx) {
            return Poll::Ready(end);
        }
        while !*this.expired && this.timer.as_mut().poll(cx).is_ready() {
            match this.activity.last().checked_add(*this.limit) {
                Some(due) if due > Instant::now() => this.timer.as_mut().reset(due),
                _ => {
                    *this.expired = true;
                    // Wakes the driver, which runs in this same task.
                    this.channel.close_with(CloseReason::Idle);
                }
            }
        }
        Poll::Pending
    }
}
