use super::future::ResponseFuture;
use super::layer::AccessOf;
use super::{Access, ConnectionAccess, Tenant, requests};
use crate::support::inner::inner_service;
use crate::support::unused::Unused;
use rocketmq_tower_core::{Abort, BoxError, RemotingCommand, Reply, RequestCode, ResponseCode};
use std::fmt;
use std::task::{Context, Poll};
use tower_service::Service;

/// Shows each tenant its own topics and groups. See the [module's documentation](super).
#[derive(Clone)]
pub struct Namespace<S> {
    inner: S,
    access_of: AccessOf,
}

impl<S> Namespace<S> {
    pub(super) fn new(inner: S, access_of: AccessOf) -> Self {
        Self { inner, access_of }
    }

    inner_service!();
}

impl<S> Service<RemotingCommand> for Namespace<S>
where
    S: Service<RemotingCommand> + Clone,
    S::Response: Reply,
    S::Error: Into<BoxError>,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, mut request: RemotingCommand) -> Self::Future {
        // A guard, because the function that knows the tenant may panic.
        let unused = Unused::new(&mut self.inner);
        let tenant = match admit(&self.access_of, &mut request) {
            Ok(tenant) => tenant,
            Err(error) => return ResponseFuture::refused(error),
        };
        unused.keep();
        let code = request.request_code();
        let observer = tenant.is_some().then(|| request.exchange_observer());
        ResponseFuture::running(self.inner.call(request), tenant.zip(observer), code)
    }
}

/// Makes a request that of the sender's tenant; returns `None` for a sender who may see everything.
fn admit(access_of: &AccessOf, request: &mut RemotingCommand) -> Result<Option<Tenant>, BoxError> {
    let access = access_of(request);
    let connection =
        request.channel().and_then(|channel| channel.extensions().get::<ConnectionAccess>());
    if let Some(connection) = connection {
        connection.keep(&access)?;
    }
    let has_pushes = connection.is_some();
    let tenant = match access {
        Access::Everything => return Ok(None),
        Access::Nothing => return Err(no_permission("nobody knows whose tenant this is")),
        Access::Tenant(tenant) => tenant,
    };
    let code = request.request_code();
    if code == RequestCode::CONSUME_MESSAGE_DIRECTLY && !has_pushes {
        // The message is any of the broker's, and is sent to the client.
        return Err(no_permission(
            "this server cannot show messages to consumers of one tenant only",
        ));
    }
    requests::enter(&tenant, request)?;
    let deferred = tenant.clone();
    request.on_deferred(move |answer| requests::leave(&deferred, code, answer))?;
    Ok(Some(tenant))
}

fn no_permission(text: &'static str) -> BoxError {
    Abort::new(ResponseCode::NO_PERMISSION, text).into()
}

impl<S: fmt::Debug> fmt::Debug for Namespace<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Namespace").field("inner", &self.inner).finish_non_exhaustive()
    }
}
