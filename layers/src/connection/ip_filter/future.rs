use pin_project_lite::pin_project;
use rocketmq_tower_core::Disconnect;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

pin_project! {
    /// The life of a connection that was let in, or its end.
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
        Serving { #[pin] inner: F },
        Refused { end: Option<Disconnect> },
    }
}

impl<F> ResponseFuture<F> {
    pub(super) fn serving(inner: F) -> Self {
        Self { state: State::Serving { inner } }
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
            StateProj::Serving { inner } => inner.poll(cx),
            StateProj::Refused { end } => match end.take() {
                Some(end) => Poll::Ready(Ok(end)),
                None => Poll::Pending,
            },
        }
    }
}
