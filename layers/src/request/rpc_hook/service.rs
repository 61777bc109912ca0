use super::after::{After, peer_of};
use super::future::ResponseFuture;
use super::{RequestHead, RpcHook};
use crate::support::inner::inner_service;
use crate::support::unused::Unused;
use rocketmq_tower_core::channel::ExchangeObserver;
use rocketmq_tower_core::error::find_source;
use rocketmq_tower_core::{Abort, Addr, BoxError, RemotingCommand, Reply, ResponseCode};
use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll};
use tower_service::Service;

/// Calls hooks before requests and after responses. See the [module's documentation](super).
#[derive(Clone)]
pub struct RpcHooks<S> {
    inner: S,
    hooks: Arc<[Arc<dyn RpcHook>]>,
    /// The address that a client's requests are sent to; `None` on the server's side.
    peer: Option<Addr>,
}

impl<S> RpcHooks<S> {
    pub(super) fn new(inner: S, hooks: Arc<[Arc<dyn RpcHook>]>, peer: Option<Addr>) -> Self {
        Self { inner, hooks, peer }
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
        let is_client = self.peer.is_some();
        // A client's errors are for its caller alone.
        let observer = match is_client {
            true => ExchangeObserver::default(),
            false => request.exchange_observer(),
        };
        observer.forget_abort();
        if self.hooks.is_empty() {
            return ResponseFuture::unhooked(self.inner.call(request), observer);
        }
        let channel = request.channel().cloned();
        let peer = peer_of(self.peer.as_ref(), channel.as_ref());
        let unused = Unused::new(&mut self.inner);
        let before = self.hooks.iter().try_for_each(|hook| hook.before(peer, &mut request));
        if before.is_ok() && is_client && request.is_oneway() {
            unused.keep();
            return ResponseFuture::unhooked(self.inner.call(request), observer);
        }
        let head = RequestHead::new(&request, channel);
        let after =
            After { hooks: Arc::clone(&self.hooks), peer: self.peer.clone(), request: head };
        let Err(error) = before else {
            unused.keep();
            return ResponseFuture::hooked(self.inner.call(request), after, observer);
        };
        drop(unused);
        if is_client || find_source::<Abort>(&*error).is_some() {
            return ResponseFuture::failed(error, observer);
        }
        let mut response = RemotingCommand::response(ResponseCode::SYSTEM_ERROR);
        let error = after.run(Some(&mut response)).err().unwrap_or(error);
        ResponseFuture::failed(error, observer)
    }
}

impl<S: fmt::Debug> fmt::Debug for RpcHooks<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RpcHooks")
            .field("inner", &self.inner)
            .field("hooks", &self.hooks.len())
            .finish_non_exhaustive()
    }
}
