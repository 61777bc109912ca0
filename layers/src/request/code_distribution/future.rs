use super::Traffic;
use crate::deferred::{Held, Late};
use crate::recover::code_of;
use pin_project_lite::pin_project;
use rocketmq_tower_core::{BoxError, Reply, ResponseCode};
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

pin_project! {
    /// An exchange whose answer is counted.
    #[derive(Debug)]
    pub struct ResponseFuture<F> {
        #[pin]
        inner: F,
        held: Held<Traffic>,
    }
}

impl<F> ResponseFuture<F> {
    pub(super) const fn new(inner: F, held: Held<Traffic>) -> Self {
        Self { inner, held }
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
        match code_of(&mut result) {
            Some(code) => {
                if let Some(traffic) = this.held.take() {
                    traffic.response(code.as_i32());
                }
            }
            None => this.held.returned(),
        }
        Poll::Ready(result)
    }
}

impl Late for Traffic {
    fn late(self, answer: ResponseCode) {
        self.response(answer.as_i32());
    }
}
