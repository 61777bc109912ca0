use super::pool::Place;
use super::settings::waited_too_long;
use crate::spawn;
use crate::support::fallible::Fallible;
use pin_project_lite::pin_project;
use rocketmq_tower_core::BoxError;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::time::{Instant, Sleep, sleep};

pin_project! {
    /// An exchange in an executor. Dropping this removes the request from the queue, or aborts it.
    #[derive(Debug)]
    pub struct ResponseFuture<R> {
        #[pin]
        exchange: Fallible<Admitted<R>>,
    }
}

pin_project! {
    #[derive(Debug)]
    struct Admitted<R> {
        // Dropped before the task, so that no slot goes to a task that is about to be aborted.
        place: Option<Place>,
        #[pin]
        expiry: Option<Sleep>,
        since: Instant,
        #[pin]
        task: spawn::ResponseFuture<R>,
    }
}

impl<R> ResponseFuture<R> {
    pub(super) fn refused(error: BoxError) -> Self {
        Self { exchange: Fallible::failed(error) }
    }

    pub(super) fn running(task: spawn::ResponseFuture<R>) -> Self {
        let since = Instant::now();
        let admitted = Admitted { place: None, expiry: None, since, task };
        Self { exchange: Fallible::running(admitted) }
    }

    pub(super) fn waiting(
        task: spawn::ResponseFuture<R>,
        place: Place,
        max_wait: Option<Duration>,
    ) -> Self {
        // The timer belongs to the connection's runtime: the task's may be busy or have no timer.
        let (since, expiry) = (Instant::now(), max_wait.map(sleep));
        let admitted = Admitted { place: Some(place), expiry, since, task };
        Self { exchange: Fallible::running(admitted) }
    }
}

impl<R> Future for ResponseFuture<R> {
    type Output = Result<R, BoxError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.project().exchange.poll(cx)
    }
}

impl<R> Future for Admitted<R> {
    type Output = Result<R, BoxError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        if let Poll::Ready(result) = this.task.poll(cx) {
            return Poll::Ready(result);
        }
        let Some(timer) = this.expiry.as_mut().as_pin_mut() else { return Poll::Pending };
        ready!(timer.poll(cx));
        this.expiry.set(None);
        match this.place.take().and_then(|place| place.leave()) {
            Some(left) => Poll::Ready(Err(waited_too_long(this.since.elapsed(), left).into())),
            // The request already has its slot.
            None => Poll::Pending,
        }
    }
}
