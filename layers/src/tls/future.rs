use super::handshake::Handshake;
use super::io::MaybeTls;
use pin_project_lite::pin_project;
use rocketmq_tower_core::{Connection, Disconnect};
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite};
use tower_service::Service;

pin_project! {
    /// Future of a connection, including its handshake.
    pub struct ResponseFuture<Io, S>
    where
        S: Service<Connection<MaybeTls<Io>>>,
    {
        #[pin]
        state: State<Io, S, S::Future>,
    }
}

pin_project! {
    #[project = StateProj]
    #[project_replace = StateReplaced]
    enum State<Io, S, F> {
        // Boxed, so that the memory is freed after the handshake: connections live long.
        Handshaking { handshake: Pin<Box<Handshake<Io>>>, inner: S },
        Serving { #[pin] inner: F },
        Over,
    }
}

impl<Io, S> ResponseFuture<Io, S>
where
    S: Service<Connection<MaybeTls<Io>>>,
{
    pub(super) fn handshaking(handshake: Handshake<Io>, inner: S) -> Self {
        Self { state: State::Handshaking { handshake: Box::pin(handshake), inner } }
    }

    pub(super) fn serving(inner: S::Future) -> Self {
        Self { state: State::Serving { inner } }
    }
}

impl<Io, S> Future for ResponseFuture<Io, S>
where
    Io: AsyncRead + AsyncWrite + Unpin,
    S: Service<Connection<MaybeTls<Io>>, Response = Disconnect>,
{
    type Output = Result<Disconnect, S::Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.project().state;
        if let StateProj::Handshaking { handshake, .. } = state.as_mut().project() {
            let done = ready!(handshake.as_mut().poll(cx));
            let before = state.as_mut().project_replace(State::Over);
            let StateReplaced::Handshaking { mut inner, .. } = before else {
                return Poll::Pending;
            };
            match done {
                Ok(connection) => state.set(State::Serving { inner: inner.call(connection) }),
                Err(reason) => return Poll::Ready(Ok(Disconnect::new(reason))),
            }
        }
        match state.project() {
            StateProj::Serving { inner } => inner.poll(cx),
            _ => Poll::Pending,
        }
    }
}

impl<Io, S> fmt::Debug for ResponseFuture<Io, S>
where
    S: Service<Connection<MaybeTls<Io>>>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match &self.state {
            State::Handshaking { handshake, .. } => {
                return f.debug_tuple("ResponseFuture").field(handshake).finish();
            }
            State::Serving { .. } => "serving",
            State::Over => "over",
        };
        f.debug_tuple("ResponseFuture").field(&state).finish()
    }
}
