//! Handlers of requests as services.

use rocketmq_tower::{BoxError, RemotingCommand, Reply, Service, service_fn};
use std::sync::Arc;

/// Returns a service that calls `f` with `state` and the request.
pub(crate) fn handler<T, F, Fut, R>(
    state: &Arc<T>,
    f: F,
) -> impl Service<RemotingCommand, Response = R, Error = BoxError, Future = Fut>
+ Clone
+ Send
+ Sync
+ use<T, F, Fut, R>
where
    T: Send + Sync + 'static,
    F: Fn(Arc<T>, RemotingCommand) -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output = Result<R, BoxError>> + Send + 'static,
    R: Reply,
{
    let state = Arc::clone(state);
    service_fn(move |request| f(Arc::clone(&state), request))
}
