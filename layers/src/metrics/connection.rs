use super::meters::{Meters, reason_label};
use pin_project_lite::pin_project;
use rocketmq_tower_core::{Channel, Disconnect};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

pin_project! {
    /// Future of a connection that is measured.
    #[derive(Debug)]
    pub struct ConnectionFuture<F> {
        // Dropped before `open`, so that the connection is closed before its end is counted.
        #[pin]
        inner: F,
        open: Open,
    }
}

impl<F> ConnectionFuture<F> {
    pub(super) fn new(inner: F, channel: Channel, meters: Arc<Meters>) -> Self {
        meters.accepted.increment(1);
        meters.connections.increment(1.0);
        Self { inner, open: Open { channel, meters, is_draining: false, reason: None } }
    }
}

impl<F, E> Future for ConnectionFuture<F>
where
    F: Future<Output = Result<Disconnect, E>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        // The driver runs in this task, so a drain wakes it.
        this.open.look();
        let end = this.inner.poll(cx);
        if let Poll::Ready(end) = &end {
            let reason = end.as_ref().map_or("layer", |end| reason_label(&end.reason));
            this.open.reason = Some(reason);
        }
        end
    }
}

/// A connection that is counted as open.
#[derive(Debug)]
struct Open {
    channel: Channel,
    meters: Arc<Meters>,
    is_draining: bool,
    /// The reason label, if the inner future completed.
    reason: Option<&'static str>,
}

impl Open {
    fn look(&mut self) {
        if !self.is_draining && self.channel.is_draining() {
            self.is_draining = true;
            self.meters.draining.increment(1.0);
        }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        if self.is_draining {
            self.meters.draining.decrement(1.0);
        }
        self.meters.connections.decrement(1.0);
        let reason = self.channel.close_reason();
        let reason = self.reason.or(reason.as_ref().map(reason_label)).unwrap_or("aborted");
        self.meters.disconnected(reason);
    }
}
