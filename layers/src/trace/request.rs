use super::span::{at_level, target};
use crate::deferred::{Held, Late};
use crate::recover::answer;
use pin_project_lite::pin_project;
use rocketmq_tower_core::error::chain_text;
use rocketmq_tower_core::{BoxError, Reply, ResponseCode};
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::time::Instant;
use tracing::field::display;
use tracing::{Level, Span};

pin_project! {
    /// An exchange in its span.
    #[derive(Debug)]
    pub struct ResponseFuture<F> {
        // An option, so that it is dropped in the span.
        #[pin]
        inner: Option<F>,
        span: Span,
        held: Held<Exchange>,
    }

    impl<F> PinnedDrop for ResponseFuture<F> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            let _entered = this.span.enter();
            this.inner.set(None);
            if let Some(exchange) = this.held.take() {
                exchange.cancelled();
            }
        }
    }
}

impl<F> ResponseFuture<F> {
    pub(super) const fn new(inner: F, span: Span, held: Held<Exchange>) -> Self {
        Self { inner: Some(inner), span, held }
    }
}

impl<F, R, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<R, E>>,
    R: Reply,
    E: Into<BoxError>,
{
    type Output = Result<R, BoxError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let _entered = this.span.enter();
        let Some(inner) = this.inner.as_pin_mut() else { return Poll::Pending };
        let mut result = ready!(inner.poll(cx)).map_err(Into::into);
        match &mut result {
            Ok(reply) => match reply.command_mut().map(|answer| answer.response_code()) {
                Some(code) => this.held.take().into_iter().for_each(|it| it.answered(code)),
                None if matches!(this.held, Held::Shared(_)) => {
                    this.span.record("rocketmq.deferred", true);
                    this.held.returned();
                }
                None => this.held.take().into_iter().for_each(Exchange::done),
            },
            Err(error) => this.held.take().into_iter().for_each(|it| it.failed(&*error)),
        }
        Poll::Ready(result)
    }
}

/// What is told at the end of a request that is traced.
#[derive(Debug)]
pub(super) struct Exchange {
    span: Span,
    level: Level,
    failure_level: Level,
    start: Instant,
}

impl Exchange {
    pub(super) fn new(span: Span, level: Level, failure_level: Level) -> Self {
        Self { span, level, failure_level, start: Instant::now() }
    }

    fn latency(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    fn answered(self, code: ResponseCode) {
        self.span.record("rocketmq.response_code", display(code));
        self.end("answered");
    }

    /// There is no answer, as the request is oneway.
    fn done(self) {
        self.end("done");
    }

    /// Nobody waits for the request any more, or its processor panicked.
    fn cancelled(self) {
        self.end("cancelled");
    }

    fn end(self, message: &'static str) {
        let latency_us = self.latency();
        macro_rules! event {
            ($level:expr) => {
                tracing::event!(target: target!(), parent: &self.span, $level, latency_us, "{message}")
            };
        }
        at_level!(self.level, event);
    }

    fn failed(self, error: &BoxError) {
        let (latency_us, text) = (self.latency(), chain_text(&**error));
        self.span.record("rocketmq.response_code", display(answer(&**error).response_code()));
        self.span.record("error", display(&text));
        macro_rules! event {
            ($level:expr) => {
                tracing::event!(
                    target: target!(), parent: &self.span, $level, latency_us, error = %text, "failed"
                )
            };
        }
        at_level!(self.failure_level, event);
    }
}

impl Late for Exchange {
    fn late(self, code: ResponseCode) {
        self.answered(code);
    }
}
