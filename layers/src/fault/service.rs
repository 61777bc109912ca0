use super::connection::ConnectionFuture;
use super::faults::Faults;
use super::io::FaultIo;
use super::request::ResponseFuture;
use crate::support::inner::inner_service;
use crate::support::unused::take_ready;
use rocketmq_tower_core::{BoxError, Connection, Disconnect, RemotingCommand, Reply};
use std::task::{Context, Poll};
use tower_service::Service;

/// Injects faults. See the [module's documentation](super).
#[derive(Clone, Debug)]
pub struct Fault<S> {
    inner: S,
    faults: Faults,
}

impl<S> Fault<S> {
    pub(super) const fn new(inner: S, faults: Faults) -> Self {
        Self { inner, faults }
    }

    inner_service!();
}

impl<S> Service<RemotingCommand> for Fault<S>
where
    S: Service<RemotingCommand, Response: Reply, Error: Into<BoxError>> + Clone,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = ResponseFuture<S, S::Future, S::Response>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, request: RemotingCommand) -> Self::Future {
        match self.faults.of_request(request.request_code()) {
            None => ResponseFuture::running(self.inner.call(request)),
            Some(plan) => ResponseFuture::faulty(take_ready(&mut self.inner), request, plan),
        }
    }
}

impl<Io, S> Service<Connection<Io>> for Fault<S>
where
    S: Service<Connection<FaultIo<Io>>, Response = Disconnect> + Clone,
{
    type Response = Disconnect;
    type Error = S::Error;
    type Future = ConnectionFuture<S, S::Future, Io>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, connection: Connection<Io>) -> Self::Future {
        match self.faults.of_connection() {
            None => {
                let whole = connection.map_io(|io| FaultIo::new(io, None));
                ConnectionFuture::serving(self.inner.call(whole))
            }
            Some(plan) => ConnectionFuture::faulty(take_ready(&mut self.inner), connection, plan),
        }
    }
}
