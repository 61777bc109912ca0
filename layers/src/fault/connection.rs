use super::faults::Plan;
use super::io::FaultIo;
use super::request::INJECTED;
use super::rule::ConnectionFault;
use crate::support::refused::end;
use pin_project_lite::pin_project;
use rocketmq_tower_core::{CloseReason, Connection, Disconnect};
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::time::{Sleep, sleep};
use tower_service::Service;

pin_project! {
    /// Future of a connection that a fault may hit.
    pub struct ConnectionFuture<S, F, Io> {
        #[pin]
        state: State<S, F, Io>,
    }
}

pin_project! {
    #[project = StateProj]
    enum State<S, F, Io> {
        Serving { #[pin] inner: F },
        Delayed { timer: Pin<Box<Sleep>>, held: Option<Held<S, Io>> },
        Ended { end: Option<Disconnect> },
    }
}

/// A connection that waits with the service that is ready for it.
struct Held<S, Io> {
    service: S,
    connection: Connection<Io>,
    fault: Option<ConnectionFault>,
}

impl<S, F, Io> ConnectionFuture<S, F, Io>
where
    S: Service<Connection<FaultIo<Io>>, Future = F>,
{
    pub(super) const fn serving(inner: F) -> Self {
        Self { state: State::Serving { inner } }
    }

    /// `service` must be ready.
    pub(super) fn faulty(
        service: S,
        connection: Connection<Io>,
        plan: Plan<ConnectionFault>,
    ) -> Self {
        let held = Held { service, connection, fault: plan.fault };
        let state = match plan.delay {
            Some(delay) => State::Delayed { timer: Box::pin(sleep(delay)), held: Some(held) },
            None => held.start(),
        };
        Self { state }
    }
}

impl<S, Io> Held<S, Io> {
    /// Does what is planned for the connection, after the delay.
    fn start<F>(mut self) -> State<S, F, Io>
    where
        S: Service<Connection<FaultIo<Io>>, Future = F>,
    {
        let max_written = match self.fault {
            None | Some(ConnectionFault::Delay(_)) => None,
            Some(ConnectionFault::Truncate(bytes)) => Some(bytes),
            Some(ConnectionFault::Disconnect) => {
                let reason = CloseReason::Requested(INJECTED.into());
                return State::Ended { end: Some(end(&self.connection, reason)) };
            }
        };
        let connection = self.connection.map_io(|io| FaultIo::new(io, max_written));
        State::Serving { inner: self.service.call(connection) }
    }
}

impl<S, F, Io, E> Future for ConnectionFuture<S, F, Io>
where
    S: Service<Connection<FaultIo<Io>>, Response = Disconnect, Error = E, Future = F>,
    F: Future<Output = Result<Disconnect, E>>,
{
    type Output = Result<Disconnect, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.project().state;
        loop {
            let next = match state.as_mut().project() {
                StateProj::Serving { inner } => return inner.poll(cx),
                StateProj::Delayed { timer, held } => {
                    ready!(timer.as_mut().poll(cx));
                    held.take().map_or(State::Ended { end: None }, Held::start)
                }
                StateProj::Ended { end } => {
                    return end.take().map_or(Poll::Pending, |end| Poll::Ready(Ok(end)));
                }
            };
            state.set(next);
        }
    }
}

impl<S, F, Io> fmt::Debug for ConnectionFuture<S, F, Io> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConnectionFuture").finish_non_exhaustive()
    }
}
