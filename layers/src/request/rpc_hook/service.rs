use super::RequestHead;
use super::after::After;
use super::future::ResponseFuture;
use super::hooks::Hooks;
use crate::support::inner::inner_service;
use crate::support::unused::Unused;
use rocketmq_tower_core::channel::ExchangeObserver;
use rocketmq_tower_core::error::find_source;
use rocketmq_tower_core::{Abort, BoxError, RemotingCommand, Reply, ResponseCode};
use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll};
use tower_service::Service;

/// Calls hooks before requests and after responses. See the [module's documentation](super).
#[derive(Clone)]
pub struct RpcHooks<S> {
    inner: S,
    hooks: Arc<Hooks>,
}

impl<S> RpcHooks<S> {
    pub(super) fn new(inner: S, hooks: Arc<Hooks>) -> Self {
        Self { inner, hooks }
    }

    inner_service!();
}

impl<S> Service<RemotingCommand> for RpcHooks<S>
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
        let Self { inner, hooks } = self;
        let is_client = hooks.is_client();
        let observer = request.exchange_observer();
        if !is_client {
            observer.forget_abort();
        }
        if hooks.list.is_empty() {
            let observer = if is_client { ExchangeObserver::default() } else { observer };
            return ResponseFuture::running(inner.call(request), After::Note(observer));
        }
        let peer = hooks.peer_of(&observer);
        let unused = Unused::new(inner);
        let before = hooks.list.iter().try_for_each(|hook| hook.before(peer, &mut request));
        let after = if is_client && request.is_oneway() {
            After::Note(ExchangeObserver::default())
        } else if !is_client && !hooks.look_after {
            After::Note(observer)
        } else {
            After::Hooks(Arc::clone(hooks), RequestHead::new(&request, observer))
        };
        let Err(error) = before else {
            unused.keep();
            return ResponseFuture::running(inner.call(request), after);
        };
        drop(unused);
        if is_client || find_source::<Abort>(&*error).is_some() {
            return ResponseFuture::failed(error, after);
        }
        let mut response = RemotingCommand::response(ResponseCode::SYSTEM_ERROR);
        let error = after.run(Some(&mut response)).err().unwrap_or(error);
        ResponseFuture::failed(error, after)
    }
}

impl<S: fmt::Debug> fmt::Debug for RpcHooks<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RpcHooks")
            .field("inner", &self.inner)
            .field("hooks", &self.hooks.list.len())
            .finish_non_exhaustive()
    }
}
