use super::latency::{Exchanged, Outcome};
use super::meters::Meters;
use crate::deferred::{Held, Late};
use crate::recover::code_of;
use pin_project_lite::pin_project;
use rocketmq_tower_core::{BoxError, RemotingCommand, Reply, ResponseCode};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::thread;
use tokio::time::Instant;

pin_project! {
    /// An exchange that is measured.
    #[derive(Debug)]
    pub struct ResponseFuture<F> {
        #[pin]
        inner: F,
        held: Held<Exchange>,
        running: InFlight,
    }

    impl<F> PinnedDrop for ResponseFuture<F> {
        fn drop(this: Pin<&mut Self>) {
            if let Some(exchange) = this.project().held.take() {
                exchange.cut();
            }
        }
    }
}

impl<F> ResponseFuture<F> {
    pub(super) const fn new(inner: F, held: Held<Exchange>, running: InFlight) -> Self {
        Self { inner, held, running }
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
        let mut result = ready!(this.inner.poll(cx)).map_err(Into::into);
        let code = code_of(&mut result);
        match this.held {
            // Without an answer, it is given later.
            Held::Own(Exchange { oneway: false, .. }) | Held::Shared(_) if code.is_none() => {
                this.running.0.deferred.increment(1);
                this.held.returned();
            }
            held => held.take().into_iter().for_each(|exchange| exchange.end(code)),
        }
        Poll::Ready(result)
    }
}

/// A request that is being processed.
#[derive(Debug)]
pub(super) struct InFlight(Arc<Meters>);

impl InFlight {
    pub(super) fn new(meters: Arc<Meters>) -> Self {
        meters.in_flight.increment(1.0);
        Self(meters)
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.in_flight.decrement(1.0);
    }
}

/// What is measured of a request at its end.
#[derive(Debug)]
pub(super) struct Exchange {
    meters: Arc<Meters>,
    code: i32,
    oneway: bool,
    start: Instant,
}

impl Exchange {
    pub(super) fn new(running: &InFlight, request: &RemotingCommand) -> Self {
        let (code, oneway) = (request.code(), request.is_oneway());
        Self { meters: Arc::clone(&running.0), code, oneway, start: Instant::now() }
    }

    fn end(self, answer: Option<ResponseCode>) {
        let outcome = if self.oneway { Outcome::Oneway } else { Outcome::Success };
        self.record(answer, false, outcome);
    }

    /// The request's future is dropped before its end.
    fn cut(self) {
        let panicked = thread::panicking();
        let outcome = if panicked { Outcome::ProcessRequestFailed } else { Outcome::Cancelled };
        self.record(None, false, outcome);
    }

    fn record(self, answer: Option<ResponseCode>, is_long_polling: bool, outcome: Outcome) {
        let response = answer.map(ResponseCode::as_i32);
        let what = Exchanged { request: self.code, response, is_long_polling, outcome };
        self.meters.exchanged(what, self.start.elapsed());
    }
}

impl Late for Exchange {
    fn late(self, answer: ResponseCode) {
        self.record(Some(answer), true, Outcome::Success);
    }
}
