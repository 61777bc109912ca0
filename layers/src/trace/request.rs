use super::span::{at_level, target};
use crate::recover::observe;
use pin_project_lite::pin_project;
use rocketmq_tower_core::channel::{Answered, ExchangeObserver};
use rocketmq_tower_core::error::chain_text;
use rocketmq_tower_core::{BoxError, Reply, ResponseCode};
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::time::Instant;
use tracing::field::display;
use tracing::{Level, Span};

pin_project! {
    /// Future of a request, polled in its span.
    #[derive(Debug)]
    pub struct ResponseFuture<F> {
        // An `Option`, so that it can be dropped inside the span.
        #[pin]
        inner: Option<F>,
        span: Span,
        // `None` if the request is not traced, and once the service has returned.
        request: Option<(TracedRequest, ExchangeObserver)>,
    }

    impl<F> PinnedDrop for ResponseFuture<F> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            let _entered = this.span.enter();
            this.inner.set(None);
            if let Some((request, _)) = this.request.take() {
                request.end("cancelled");
            }
        }
    }
}

impl<F> ResponseFuture<F> {
    pub(super) const fn untraced(inner: F) -> Self {
        Self { inner: Some(inner), span: Span::none(), request: None }
    }

    pub(super) fn traced(inner: F, request: TracedRequest, observer: ExchangeObserver) -> Self {
        Self { inner: Some(inner), span: request.span.clone(), request: Some((request, observer)) }
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
        let result = ready!(inner.poll(cx)).map_err(Into::into);
        if let Some((request, observer)) = this.request.take() {
            let is_deferred = result.as_ref().is_ok_and(|reply| reply.command().is_none());
            if is_deferred && !request.oneway {
                this.span.record("rocketmq.deferred", true);
            }
            let error = result.as_ref().err().map(|error| chain_text(&**error));
            observe(observer, &result, move |answered| match error {
                // The responder may have answered already.
                Some(text) if !answered.deferred => request.failed(answered.code, &text),
                _ => request.answered(answered),
            });
        }
        Poll::Ready(result)
    }
}

/// The data for the event at the end of a traced request.
#[derive(Debug)]
pub(super) struct TracedRequest {
    span: Span,
    level: Level,
    failure_level: Level,
    oneway: bool,
    start: Instant,
}

impl TracedRequest {
    pub(super) fn new(span: Span, level: Level, failure_level: Level, oneway: bool) -> Self {
        Self { span, level, failure_level, oneway, start: Instant::now() }
    }

    fn latency(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    fn answered(self, Answered { code, .. }: Answered) {
        match code {
            Some(code) => {
                self.span.record("rocketmq.response_code", display(code));
                self.end("answered");
            }
            None if self.oneway => self.end("done"),
            None => self.end("cancelled"),
        }
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

    fn failed(self, code: Option<ResponseCode>, text: &str) {
        let latency_us = self.latency();
        if let Some(code) = code {
            self.span.record("rocketmq.response_code", display(code));
        }
        self.span.record("error", display(text));
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
