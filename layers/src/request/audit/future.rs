use super::WhenFull;
use super::event::{Event, Record};
use super::layer::Settings;
use crate::recover::observe;
use pin_project_lite::pin_project;
use rocketmq_tower_core::channel::ExchangeObserver;
use rocketmq_tower_core::{BoxError, Reply, ResponseCode};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Instant;
use tokio_util::sync::PollSemaphore;

pin_project! {
    /// Future of a request that is reported when it has ended.
    #[derive(Debug)]
    pub struct ResponseFuture<F, R> {
        #[pin]
        inner: F,
        // The result of the inner service, while the response waits for room in the queue.
        result: Option<Result<R, BoxError>>,
        // `None` for a request that is not reported, and once it is.
        running: Option<Running>,
    }

    impl<F, R> PinnedDrop for ResponseFuture<F, R> {
        fn drop(this: Pin<&mut Self>) {
            if let Some(running) = this.project().running.take() {
                running.abandon();
            }
        }
    }
}

/// A request that is to be reported.
#[derive(Debug)]
pub(super) struct Running {
    record: Record,
    start: Instant,
    observer: ExchangeObserver,
    settings: Settings,
    room: PollSemaphore,
}

impl Running {
    pub(super) fn new(record: Record, observer: ExchangeObserver, settings: Settings) -> Self {
        let room = PollSemaphore::new(Arc::clone(&settings.queue.room));
        Self { record, start: Instant::now(), observer, settings, room }
    }

    /// Waits for room in the queue, if that is what is to be done.
    fn poll_room(&mut self, cx: &mut Context<'_>) -> Poll<Option<OwnedSemaphorePermit>> {
        match self.settings.when_full {
            WhenFull::Wait => self.room.poll_acquire(cx),
            WhenFull::Drop => Poll::Ready(None),
        }
    }

    /// Reports the request, now or when its deferred response is sent.
    fn end<R: Reply>(self, result: &Result<R, BoxError>, permit: Option<OwnedSemaphorePermit>) {
        let Self { record, start, observer, settings, .. } = self;
        observe(observer, result, move |answered| {
            report(record, start, answered.code, &settings, permit);
        });
    }

    /// Reports a request whose future was dropped. It cannot wait.
    fn abandon(self) {
        report(self.record, self.start, None, &self.settings, None);
    }
}

fn report(
    mut record: Record,
    start: Instant,
    result: Option<ResponseCode>,
    settings: &Settings,
    permit: Option<OwnedSemaphorePermit>,
) {
    (record.duration, record.result) = (start.elapsed(), result);
    let event = Event::Request(Box::new(record));
    match settings.when_full {
        WhenFull::Wait => settings.queue.put(event, permit),
        WhenFull::Drop => settings.queue.offer(event),
    }
}

impl<F, R> ResponseFuture<F, R> {
    pub(super) const fn new(inner: F, running: Option<Running>) -> Self {
        Self { inner, result: None, running }
    }
}

impl<F, R, E> Future for ResponseFuture<F, R>
where
    F: Future<Output = Result<R, E>>,
    R: Reply,
    E: Into<BoxError>,
{
    type Output = Result<R, BoxError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let result = match this.result.take() {
            Some(result) => result,
            None => ready!(this.inner.poll(cx)).map_err(Into::into),
        };
        if let Some(running) = this.running {
            let Poll::Ready(permit) = running.poll_room(cx) else {
                *this.result = Some(result);
                return Poll::Pending;
            };
            if let Some(running) = this.running.take() {
                running.end(&result, permit);
            }
        }
        Poll::Ready(result)
    }
}
