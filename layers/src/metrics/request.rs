use super::detail::Counted;
use super::latency::{Exchanged, Outcome};
use super::meters::Meters;
use crate::recover::observe;
use pin_project_lite::pin_project;
use rocketmq_tower_core::channel::{Answered, ExchangeObserver};
use rocketmq_tower_core::{BoxError, RemotingCommand, Reply, ResponseCode};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::thread;
use tokio::time::Instant;

pin_project! {
    /// Future of a request that is measured.
    #[derive(Debug)]
    pub struct ResponseFuture<F> {
        #[pin]
        inner: F,
        // `None` once the service has returned.
        request: Option<(MeasuredRequest, ExchangeObserver)>,
        running: InFlight,
    }

    impl<F> PinnedDrop for ResponseFuture<F> {
        fn drop(this: Pin<&mut Self>) {
            if let Some((request, _)) = this.project().request.take() {
                request.dropped();
            }
        }
    }
}

impl<F> ResponseFuture<F> {
    pub(super) const fn new(
        inner: F,
        request: MeasuredRequest,
        observer: ExchangeObserver,
        running: InFlight,
    ) -> Self {
        Self { inner, request: Some((request, observer)), running }
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
        let result = ready!(this.inner.poll(cx)).map_err(Into::into);
        if let Some((request, observer)) = this.request.take() {
            let is_deferred = result.as_ref().is_ok_and(|reply| reply.command().is_none());
            if is_deferred && !request.oneway {
                this.running.0.deferred.increment(1);
            }
            if let (Some(set), Ok(reply)) = (request.set.clone(), &result) {
                let observer = observer.clone();
                observer.on_response(reply.command(), move |response| set.responded(response));
            }
            observe(observer, &result, |answered| request.answered(answered));
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

/// The data recorded when a request ends.
#[derive(Debug)]
pub(super) struct MeasuredRequest {
    meters: Arc<Meters>,
    code: i32,
    oneway: bool,
    start: Instant,
    /// The counters by topic, if there are any.
    set: Option<Counted>,
}

impl MeasuredRequest {
    pub(super) fn new(running: &InFlight, request: &RemotingCommand, set: Option<Counted>) -> Self {
        let (code, oneway) = (request.code(), request.is_oneway());
        Self { meters: Arc::clone(&running.0), code, oneway, start: Instant::now(), set }
    }

    fn answered(self, Answered { code, deferred, .. }: Answered) {
        let outcome = match code {
            _ if self.oneway => Outcome::Oneway,
            Some(_) => Outcome::Success,
            None => Outcome::Cancelled,
        };
        self.record(code, deferred, outcome);
    }

    /// Records that the request's future was dropped before it completed.
    fn dropped(self) {
        let panicked = thread::panicking();
        let outcome = if panicked { Outcome::ProcessRequestFailed } else { Outcome::Cancelled };
        self.record(None, false, outcome);
    }

    fn record(self, answer: Option<ResponseCode>, is_long_polling: bool, outcome: Outcome) {
        let response = answer.map(ResponseCode::as_i32);
        let what = Exchanged { request: self.code, response, is_long_polling, outcome };
        let took = self.start.elapsed();
        self.meters.exchanged(what, took);
        if let Some(set) = self.set {
            set.ended(answer, took);
        }
    }
}
