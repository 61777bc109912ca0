use super::book::Due;
use crate::support::fallible::Fallible;
use pin_project_lite::pin_project;
use rocketmq_tower_core::channel::ExchangeObserver;
use rocketmq_tower_core::{BoxError, Reply};
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

pin_project! {
    /// Future of a request that is within its quotas, or was refused.
    #[derive(Debug)]
    pub struct ResponseFuture<F> {
        #[pin]
        exchange: Fallible<F>,
        // `None` if the response is not charged.
        due: Option<(Due, ExchangeObserver)>,
    }
}

impl<F> ResponseFuture<F> {
    pub(super) fn running(inner: F, due: Option<(Due, ExchangeObserver)>) -> Self {
        Self { exchange: Fallible::running(inner), due }
    }

    pub(super) fn refused(error: BoxError) -> Self {
        Self { exchange: Fallible::failed(error), due: None }
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
        let result = ready!(this.exchange.poll(cx));
        if let (Some((due, observer)), Ok(reply)) = (this.due.take(), &result) {
            observer.on_response(reply.command(), move |response| due.charge(response));
        }
        Poll::Ready(result)
    }
}
