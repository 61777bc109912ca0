//! The services of a router, by request code.

use rocketmq_tower_core::{BoxError, RemotingCommand, Reply, RequestCode};
use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use tower_service::Service;

/// The boxed future of a route.
pub(super) type BoxRouteFuture =
    Pin<Box<dyn Future<Output = Result<Option<RemotingCommand>, BoxError>> + Send>>;

/// A type-erased service.
pub(super) trait Route: Send + Sync {
    /// Waits until the service is ready, and then calls it.
    fn run(&self, request: RemotingCommand) -> BoxRouteFuture;
}

impl<S> Route for S
where
    S: Service<RemotingCommand> + Clone + Send + Sync + 'static,
    S::Response: Reply,
    S::Error: Into<BoxError>,
    S::Future: Send,
{
    fn run(&self, request: RemotingCommand) -> BoxRouteFuture {
        let mut service = self.clone();
        Box::pin(async move {
            poll_fn(|cx| service.poll_ready(cx)).await.map_err(Into::into)?;
            service.call(request).await.map(Reply::into_command).map_err(Into::into)
        })
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
