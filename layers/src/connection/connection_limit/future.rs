use super::per_ip::Counted;
use pin_project_lite::pin_project;
use rocketmq_tower_core::Disconnect;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::sync::OwnedSemaphorePermit;

pin_project! {
    /// A connection's life within the limit; its permit is free again when this is dropped.
    #[derive(Debug)]
    pub struct ResponseFuture<F> {
        #[pin]
        state: State<F>,
    }
}

pin_project! {
    #[project = StateProj]
    #[derive(Debug)]
    enum State<F> {
        Serving { #[pin] inner: F, _permit: OwnedSemaphorePermit, _counted: Option<Counted> },
        Refused { end: Option<Disconnect> },
    }
}

impl<F> ResponseFuture<F> {
    pub(super) fn serving(
        inner: F,
        permit: OwnedSemaphorePermit,
        counted: Option<Counted>,
    ) -> Self {
        Self { state: State::Serving { inner, _permit: permit, _counted: counted } }
    }

    pub(super) fn refused(end: Disconnect) -> Self {
        Self { state: State::Refused { end: Some(end) } }
    }
}

impl<F, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<Disconnect, E>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        match self.project().state.project() {
            StateProj::Serving { inner, .. } => inner.poll(cx),
            StateProj::Refused { end } => match end.take() {
                Some(end) => Poll::Ready(Ok(end)),
                None => Poll::Pending,
            },
        }
    }
}
