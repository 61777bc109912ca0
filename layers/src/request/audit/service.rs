use super::event::{Record, text};
use super::future::{ResponseFuture, Running};
use super::layer::Settings;
use crate::support::inner::inner_service;
use crate::support::unused::Unused;
use rocketmq_tower_core::clock::now_ms;
use rocketmq_tower_core::subject::{Action, Subject};
use rocketmq_tower_core::{BoxError, RemotingCommand, Reply};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tower_service::Service;

/// Reports requests and their results. See the [module's documentation](super).
#[derive(Clone, Debug)]
pub struct Audit<S> {
    inner: S,
    settings: Settings,
    /// The id of the client. A service usually has one connection.
    client: Option<Arc<str>>,
}

impl<S> Audit<S> {
    pub(super) fn new(inner: S, settings: Settings) -> Self {
        Self { inner, settings, client: None }
    }

    inner_service!();
}

impl<S> Service<RemotingCommand> for Audit<S>
where
    S: Service<RemotingCommand> + Clone,
    S::Response: Reply,
    S::Error: Into<BoxError>,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = ResponseFuture<S::Future, S::Response>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, request: RemotingCommand) -> Self::Future {
        let action = Action::of(request.request_code());
        let is_reported = self.settings.reports(action);
        // Clients name themselves in heartbeats.
        if !is_reported && action != Action::Session {
            return ResponseFuture::new(self.inner.call(request), None);
        }
        // A guard, because the function that knows the user may panic.
        let unused = Unused::new(&mut self.inner);
        let record = record(&request, action, &self.settings, &mut self.client);
        unused.keep();
        let running = is_reported
            .then(|| Running::new(record, request.exchange_observer(), self.settings.clone()));
        ResponseFuture::new(self.inner.call(request), running)
    }
}

/// Begins the record of a request. `client` is the last client that a request has named.
fn record(
    request: &RemotingCommand,
    action: Action,
    settings: &Settings,
    client: &mut Option<Arc<str>>,
) -> Record {
    let subject = Subject::of(request);
    if let Some(named) = subject.as_ref().ok().and_then(Subject::client) {
        if client.as_deref() != Some(text(named)) {
            *client = Some(text(named).into());
        }
    }
    let mut record = Record {
        at: now_ms(),
        duration: Duration::ZERO,
        user: (settings.user_of)(request).map(|user| text(user).into()),
        address: request.channel().map(|channel| channel.peer_addr().clone()),
        client: client.clone(),
        action,
        code: request.request_code(),
        names: Vec::new(),
        names_left_out: 0,
        is_malformed: subject.is_err(),
        queue: None,
        result: None,
    };
    if let Ok(subject) = &subject {
        record.note_subject(subject);
    }
    record
}
