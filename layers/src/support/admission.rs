//! Future of a connection that a layer admits or refuses.

use pin_project_lite::pin_project;
use rocketmq_tower_core::Disconnect;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

pin_project! {
    /// Future of a connection that was admitted, or the end of one that was refused.
    #[derive(Debug)]
    pub struct ResponseFuture<F, G = ()> {
        #[pin]
        state: State<F, G>,
    }
}

pin_project! {
    #[project = StateProj]
    #[derive(Debug)]
    enum State<F, G> {
        // `_held` is dropped after the connection.
        Serving { #[pin] inner: F, _held: G },
        Ended { end: Option<Disconnect> },
    }
}

impl<F> ResponseFuture<F> {
    pub(crate) fn serving(inner: F) -> Self {
        Self::holding(inner, ())
    }
}

impl<F, G> ResponseFuture<F, G> {
    /// Keeps `held` until this future is dropped.
    pub(crate) fn holding(inner: F, held: G) -> Self {
        Self { state: State::Serving { inner, _held: held } }
    }

    pub(crate) fn ended(end: Disconnect) -> Self {
        Self { state: State::Ended { end: Some(end) } }
    }
}

impl<F, G, E> Future for ResponseFuture<F, G>
where
    F: Future<Output = Result<Disconnect, E>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        match self.project().state.project() {
            StateProj::Serving { inner, .. } => inner.poll(cx),
            StateProj::Ended { end } => match end.take() {
                Some(end) => Poll::Ready(Ok(end)),
                None => Poll::Pending,
            },
        }
    }
}
