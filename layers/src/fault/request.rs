use super::faults::Plan;
use super::rule::RequestFault;
use pin_project_lite::pin_project;
use rocketmq_tower_core::channel::DeferError;
use rocketmq_tower_core::{BoxError, RemotingCommand, Reply, ResponseCode};
use std::fmt;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::time::{Sleep, sleep};
use tower_service::Service;

/// The text of errors and close reasons.
pub(super) const INJECTED: &str = "an injected fault";

pin_project! {
    /// Future of a request that a fault may hit.
    pub struct ResponseFuture<S, F, R> {
        #[pin]
        state: State<S, F, R>,
    }
}

pin_project! {
    #[project = StateProj]
    enum State<S, F, R> {
        Running { #[pin] inner: F },
        Losing { #[pin] inner: F, request: RemotingCommand },
        Delayed { timer: Pin<Box<Sleep>>, held: Option<Held<S>> },
        Ended { result: Option<Result<R, BoxError>> },
    }
}

/// A request that waits with the service that is ready for it.
struct Held<S> {
    service: S,
    request: RemotingCommand,
    fault: Option<RequestFault>,
}

impl<S, F, R> ResponseFuture<S, F, R>
where
    S: Service<RemotingCommand, Response = R, Future = F>,
    R: Reply,
{
    pub(super) const fn running(inner: F) -> Self {
        Self { state: State::Running { inner } }
    }

    /// `service` must be ready.
    pub(super) fn faulty(service: S, request: RemotingCommand, plan: Plan<RequestFault>) -> Self {
        let held = Held { service, request, fault: plan.fault };
        let state = match plan.delay {
            Some(delay) => State::Delayed { timer: Box::pin(sleep(delay)), held: Some(held) },
            None => held.start(),
        };
        Self { state }
    }
}

impl<S, F, R> State<S, F, R> {
    fn ended(result: Result<R, BoxError>) -> Self {
        Self::Ended { result: Some(result) }
    }

    /// Never ends.
    const fn silent() -> Self {
        Self::Ended { result: None }
    }
}

impl<S> Held<S> {
    /// Does what is planned for the request, after the delay.
    fn start<F, R>(mut self) -> State<S, F, R>
    where
        S: Service<RemotingCommand, Response = R, Future = F>,
        R: Reply,
    {
        match self.fault {
            None | Some(RequestFault::Delay(_)) => {
                State::Running { inner: self.service.call(self.request) }
            }
            Some(RequestFault::Respond(abort)) => {
                let response = RemotingCommand::response(abort.code).with_remark(abort.remark);
                State::ended(Ok(response.into()))
            }
            Some(RequestFault::LoseRequest) => match unanswered(&self.request) {
                Ok(unsent) => State::ended(Ok(unsent)),
                Err(DeferError::NotARequest) => State::silent(),
                Err(error) => State::ended(Err(error.into())),
            },
            Some(RequestFault::LoseResponse) => {
                let inner = self.service.call(self.request.clone());
                State::Losing { inner, request: self.request }
            }
            Some(RequestFault::Disconnect) => match self.request.channel() {
                Some(channel) => {
                    channel.close(INJECTED);
                    // A response that is ready in time would still be written.
                    State::ended(unanswered(&self.request).map_err(Into::into))
                }
                None => {
                    let reset = io::Error::new(io::ErrorKind::ConnectionReset, INJECTED);
                    State::ended(Err(reset.into()))
                }
            },
        }
    }
}

/// Makes the driver not answer the request. Returns a response that is not sent.
fn unanswered<R: Reply>(request: &RemotingCommand) -> Result<R, DeferError> {
    request.defer()?.discard();
    Ok(RemotingCommand::response(ResponseCode::SYSTEM_ERROR).with_remark(INJECTED).into())
}

impl<S, F, R, E> Future for ResponseFuture<S, F, R>
where
    S: Service<RemotingCommand, Response = R, Error = E, Future = F>,
    F: Future<Output = Result<R, E>>,
    R: Reply,
    E: Into<BoxError>,
{
    type Output = Result<R, BoxError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.project().state;
        loop {
            let next = match state.as_mut().project() {
                StateProj::Running { inner } => return inner.poll(cx).map_err(Into::into),
                StateProj::Losing { inner, request } => {
                    let result = ready!(inner.poll(cx)).map_err(Into::into);
                    match unanswered::<R>(request) {
                        Err(DeferError::NotARequest) => State::silent(),
                        // The processor defers its response, which cannot be lost.
                        Err(DeferError::Already) => return Poll::Ready(result),
                        Err(error) => return Poll::Ready(Err(error.into())),
                        Ok(unsent) => return Poll::Ready(Ok(unsent)),
                    }
                }
                StateProj::Delayed { timer, held } => {
                    ready!(timer.as_mut().poll(cx));
                    held.take().map_or_else(State::silent, Held::start)
                }
                StateProj::Ended { result } => {
                    return result.take().map_or(Poll::Pending, Poll::Ready);
                }
            };
            state.set(next);
        }
    }
}

impl<S, F, R> fmt::Debug for ResponseFuture<S, F, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}
