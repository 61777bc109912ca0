use super::Panicked;
use super::error::catch;
use pin_project_lite::pin_project;
use rocketmq_tower_core::BoxError;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

pin_project! {
    /// An exchange whose panic is an error.
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
        Running { #[pin] inner: F },
        Panicked { panicked: Option<Panicked> },
    }
}

impl<F> ResponseFuture<F> {
    pub(super) fn running(inner: F) -> Self {
        Self { state: State::Running { inner } }
    }

    pub(super) fn panicked(panicked: Panicked) -> Self {
        Self { state: State::Panicked { panicked: Some(panicked) } }
    }
}

impl<F, R, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<R, E>>,
    E: Into<BoxError>,
{
    type Output = Result<R, BoxError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().state.project() {
            StateProj::Running { inner } => match catch(|| inner.poll(cx)) {
                Ok(polled) => polled.map_err(Into::into),
                Err(panicked) => Poll::Ready(Err(panicked.into())),
            },
            StateProj::Panicked { panicked } => match panicked.take() {
                Some(panicked) => Poll::Ready(Err(panicked.into())),
                None => Poll::Pending,
            },
        }
    }
}
