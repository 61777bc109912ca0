//! The services and handlers of a router, by request code.

use crate::service::Processor;
use rocketmq_tower_core::handler::{Handler, IntoReply};
use rocketmq_tower_core::{BoxError, RemotingCommand, Reply, RequestCode};
use std::fmt;
use std::future::{Future, poll_fn, ready};
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

/// A future whose result becomes a response. A trait of its own, so that a handler's future is boxed
/// as it is, not inside of another one that converts its result.
pub(super) trait ReplyFuture: Send {
    fn poll_reply(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Option<RemotingCommand>, BoxError>>;
}

impl<F: Future<Output: IntoReply> + Send> ReplyFuture for F {
    fn poll_reply(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Option<RemotingCommand>, BoxError>> {
        self.poll(cx).map(IntoReply::into_reply)
    }
}

/// The boxed future of a route.
pub(super) type BoxRouteFuture = Pin<Box<dyn ReplyFuture>>;

/// A type-erased service or handler.
pub(super) trait Route: Send + Sync {
    /// Starts a request.
    fn run(&self, request: RemotingCommand) -> BoxRouteFuture;
}

/// Waits until the service is ready, and then calls it.
impl<P: Processor + Clone + Sync> Route for P {
    fn run(&self, request: RemotingCommand) -> BoxRouteFuture {
        let mut service = self.clone();
        Box::pin(async move {
            poll_fn(|cx| service.poll_ready(cx)).await.map_err(Into::into)?;
            service.call(request).await.map(Reply::into_command).map_err(Into::into)
        })
    }
}

/// A handler with its state. Unlike a service it needs no clone to be called.
pub(super) struct HandlerRoute<H, T, S> {
    handler: H,
    state: S,
    arguments: PhantomData<fn(T)>,
}

impl<H, T, S> HandlerRoute<H, T, S> {
    pub(super) fn new(handler: H, state: S) -> Self {
        Self { handler, state, arguments: PhantomData }
    }
}

impl<H: Handler<T, S>, T, S: Send + Sync> Route for HandlerRoute<H, T, S> {
    fn run(&self, request: RemotingCommand) -> BoxRouteFuture {
        match self.handler.call(request, &self.state) {
            Ok(future) => Box::pin(future),
            Err(error) => Box::pin(ready(Err::<RemotingCommand, _>(error))),
        }
    }
}

/// The routes, sorted by code, and the route for all other codes.
#[derive(Default)]
pub(super) struct Routes {
    pub(super) by_code: Box<[(i32, Arc<dyn Route>)]>,
    pub(super) fallback: Option<Arc<dyn Route>>,
}

impl Routes {
    pub(super) fn find(&self, code: i32) -> Option<&dyn Route> {
        match self.by_code.binary_search_by_key(&code, |(code, _)| *code) {
            Ok(at) => Some(&*self.by_code[at].1),
            Err(_) => self.fallback.as_deref(),
        }
    }
}

impl fmt::Debug for Routes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let codes = self.by_code.iter().map(|(code, _)| RequestCode::from(*code));
        f.debug_struct("Routes")
            .field("codes", &codes.collect::<Vec<_>>())
            .field("fallback", &self.fallback.is_some())
            .finish()
    }
}
