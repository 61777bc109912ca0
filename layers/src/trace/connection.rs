use super::span::{at_level, target};
use pin_project_lite::pin_project;
use rocketmq_tower_core::Disconnect;
use rocketmq_tower_core::error::chain_text;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::time::Instant;
use tracing::field::display;
use tracing::{Level, Span};

pin_project! {
    /// Future of a connection, polled in its span.
    #[derive(Debug)]
    pub struct ConnectionFuture<F> {
        // An `Option`, so that it can be dropped inside the span.
        #[pin]
        inner: Option<F>,
        span: Span,
        level: Level,
        start: Option<Instant>,
    }

    impl<F> PinnedDrop for ConnectionFuture<F> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            let _entered = this.span.enter();
            this.inner.set(None);
        }
    }
}

impl<F> ConnectionFuture<F> {
    pub(super) fn new(inner: F, span: Span, level: Level) -> Self {
        let start = (!span.is_disabled()).then(Instant::now);
        Self { inner: Some(inner), span, level, start }
    }
}

impl<F, E> Future for ConnectionFuture<F>
where
    F: Future<Output = Result<Disconnect, E>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let _entered = this.span.enter();
        let Some(inner) = this.inner.as_pin_mut() else { return Poll::Pending };
        let end = ready!(inner.poll(cx));
        if let Some(start) = this.start.take() {
            let latency_us = u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX);
            let reason = match &end {
                Ok(end) => chain_text(&end.reason),
                Err(_) => "a layer failed".to_owned(),
            };
            this.span.record("rocketmq.close_reason", display(&reason));
            macro_rules! event {
                ($level:expr) => {
                    tracing::event!(target: target!(), $level, latency_us, reason, "ended")
                };
            }
            at_level!(*this.level, event);
        }
        Poll::Ready(end)
    }
}
