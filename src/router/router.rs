//! The router as a service.

use super::future::RouteFuture;
use super::routes::Routes;
use rocketmq_tower_core::{BoxError, RemotingCommand};
use std::sync::Arc;
use std::task::{Context, Poll};
use tower_service::Service;

/// Sends each request to the handler or service of its request code: RocketMQ's table of processors.
///
/// A handler is an async function whose arguments are taken from the request, see
/// [`handler`](crate::handler). A service is any [`Processor`](crate::Processor) that can be cloned.
/// The routes are built once and shared by all clones. The router is always ready. If a route's
/// service is not ready, that route's requests wait, and requests of other routes do not. Limits
/// and other layers around a route apply to that route only:
///
/// ```
/// use rocketmq_tower::router::{DuplicateRoute, Router};
/// use rocketmq_tower::{Body, RequestCode, ResponseCode, ServiceBuilder, handler_fn};
/// use std::time::Duration;
///
/// async fn beat() -> ResponseCode {
///     ResponseCode::SUCCESS
/// }
///
/// async fn pull() -> Body {
///     Body("no messages".into())
/// }
///
/// # fn main() -> Result<(), DuplicateRoute> {
/// let limited = ServiceBuilder::new().concurrency_limit(16).timeout(Duration::from_secs(5));
/// let router = Router::builder()
///     .route_fn(RequestCode::HEART_BEAT, beat)
///     .route(
///         [RequestCode::PULL_MESSAGE, RequestCode::LITE_PULL_MESSAGE],
///         limited.service(handler_fn(pull)),
///     )
///     .build()?;
/// # Ok(())
/// # }
/// ```
///
/// To collect services of different types first, such as from plugins, box them with tower's
/// `BoxCloneSyncService`:
///
/// ```
/// # use rocketmq_tower::router::{DuplicateRoute, Router};
/// # use rocketmq_tower::{BoxError, RemotingCommand, RequestCode, ServiceBuilder, service_fn};
/// # async fn answer(_request: RemotingCommand) -> Result<RemotingCommand, BoxError> {
/// #     Ok(RemotingCommand::response(0))
/// # }
/// use tower::util::BoxCloneSyncService;
///
/// type AnyService = BoxCloneSyncService<RemotingCommand, RemotingCommand, BoxError>;
///
/// # fn main() -> Result<(), DuplicateRoute> {
/// let limited = ServiceBuilder::new().concurrency_limit(16).service_fn(answer);
/// let services: Vec<(RequestCode, AnyService)> = vec![
///     (RequestCode::HEART_BEAT, AnyService::new(service_fn(answer))),
///     (RequestCode::PULL_MESSAGE, AnyService::new(limited)),
/// ];
/// let router = services.into_iter().fold(Router::builder(), |router, (code, service)| {
///     router.route(code, service)
/// });
/// let router = router.build()?;
/// # Ok(())
/// # }
/// ```
///
/// A request whose code has no route goes to the [fallback](super::RouterBuilder::fallback). Without
/// a fallback it fails with [`UnsupportedCode`](rocketmq_tower_core::UnsupportedCode), which becomes
/// the response `REQUEST_CODE_NOT_SUPPORTED` with the remark `" request type N not supported"`.
///
/// Each request costs one allocation: the box of a future whose type differs from route to route. A
/// service is cloned for each request, a handler is not.
/// The default router has no routes.
#[derive(Clone, Debug, Default)]
pub struct Router {
    routes: Arc<Routes>,
}

impl Router {
    pub(super) fn new(routes: Routes) -> Self {
        Self { routes: Arc::new(routes) }
    }
}

impl Service<RemotingCommand> for Router {
    type Response = Option<RemotingCommand>;
    type Error = BoxError;
    type Future = RouteFuture;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: RemotingCommand) -> RouteFuture {
        match self.routes.find(request.code()) {
            Some(route) => RouteFuture::running(route.run(request)),
            None => RouteFuture::unsupported(request.request_code()),
        }
    }
}
