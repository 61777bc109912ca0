use super::Traffic;
use crate::recover::observe;
use pin_project_lite::pin_project;
use rocketmq_tower_core::channel::ExchangeObserver;
use rocketmq_tower_core::{BoxError, Reply};
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

pin_project! {
    /// An exchange whose response is counted.
    #[derive(Debug)]
    pub struct ResponseFuture<F> {
        #[pin]
        inner: F,
        // `None` for a oneway request.
        counted: Option<(Traffic, ExchangeObserver)>,
    }
}

impl<F> ResponseFuture<F> {
    pub(super) const fn new(inner: F, counted: Option<(Traffic, ExchangeObserver)>) -> Self {
        Self { inner, counted }
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
        if let Some((traffic, observer)) = this.counted.take() {
            observe(observer, &result, move |answered| {
                if let Some(code) = answered.code {
                    traffic.response(code.as_i32());
                }
            });
        }
        Poll::Ready(result)
    }
}
