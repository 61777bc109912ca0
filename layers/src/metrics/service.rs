use super::connection::ConnectionFuture;
use super::detail::Finder;
use super::io::MeteredIo;
use super::meters::Meters;
use super::request::{InFlight, MeasuredRequest, ResponseFuture};
use crate::support::inner::inner_service;
use rocketmq_tower_core::{BoxError, Connection, Disconnect, RemotingCommand, Reply};
use std::sync::Arc;
use std::task::{Context, Poll};
use tower_service::Service;

/// Measures connections and requests. See the [module's documentation](super).
#[derive(Clone, Debug)]
pub struct Metrics<S> {
    inner: S,
    meters: Arc<Meters>,
    finder: Option<Finder>,
}

impl<S> Metrics<S> {
    pub(super) fn new(inner: S, meters: Arc<Meters>) -> Self {
        let finder = meters.details.clone().map(Finder::new);
        Self { inner, meters, finder }
    }

    inner_service!();
}

impl<S> Service<RemotingCommand> for Metrics<S>
where
    S: Service<RemotingCommand>,
    S::Response: Reply,
    S::Error: Into<BoxError>,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, request: RemotingCommand) -> Self::Future {
        let running = InFlight::new(Arc::clone(&self.meters));
        let set = self.finder.as_mut().map(|finder| finder.find(&request));
        let measured = MeasuredRequest::new(&running, &request, set);
        let observer = request.exchange_observer();
        ResponseFuture::new(self.inner.call(request), measured, observer, running)
    }
}

impl<Io, S> Service<Connection<Io>> for Metrics<S>
where
    S: Service<Connection<MeteredIo<Io>>, Response = Disconnect>,
{
    type Response = Disconnect;
    type Error = S::Error;
    type Future = ConnectionFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, connection: Connection<Io>) -> Self::Future {
        let channel = connection.channel();
        let (received, sent) = (self.meters.received.clone(), self.meters.sent.clone());
        let metered = connection.map_io(|io| MeteredIo::metered(io, received, sent));
        ConnectionFuture::new(self.inner.call(metered), channel, Arc::clone(&self.meters))
    }
}
