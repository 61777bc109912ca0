use super::connection::ConnectionFuture;
use super::request::{ResponseFuture, TracedRequest};
use super::{TraceLayer, span};
use crate::support::inner::inner_service;
use rocketmq_tower_core::{BoxError, Connection, Disconnect, RemotingCommand, Reply};
use std::task::{Context, Poll};
use tower_service::Service;
use tracing::Span;

/// Opens a span for each connection, or each request. See the [module's documentation](super).
#[derive(Clone, Debug)]
pub struct Trace<S> {
    inner: S,
    settings: TraceLayer,
}

impl<S> Trace<S> {
    pub(super) const fn new(inner: S, settings: TraceLayer) -> Self {
        Self { inner, settings }
    }

    inner_service!();
}

impl<S> Service<RemotingCommand> for Trace<S>
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
        let TraceLayer { level, failure_level, sample, target_of } = &self.settings;
        if !span::is_enabled(*level) || !sample.wants(&request) {
            return ResponseFuture::untraced(self.inner.call(request));
        }
        let span = span::request(*level, &request, *target_of);
        let oneway = request.is_oneway();
        let traced = TracedRequest::new(span.clone(), *level, *failure_level, oneway);
        let observer = request.exchange_observer();
        let inner = span.in_scope(|| self.inner.call(request));
        ResponseFuture::traced(inner, traced, observer)
    }
}

impl<Io, S> Service<Connection<Io>> for Trace<S>
where
    S: Service<Connection<Io>, Response = Disconnect>,
{
    type Response = Disconnect;
    type Error = S::Error;
    type Future = ConnectionFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, connection: Connection<Io>) -> Self::Future {
        let level = self.settings.level;
        let span = match span::is_enabled(level) {
            true => span::connection(level, connection.channel().id(), connection.info()),
            false => Span::none(),
        };
        let inner = span.in_scope(|| self.inner.call(connection));
        ConnectionFuture::new(inner, span, level)
    }
}
