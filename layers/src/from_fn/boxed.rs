use super::{FromFnLayer, Next, from_fn};
use rocketmq_tower_core::{BoxError, RemotingCommand, Reply};
use std::future::Future;
use tower::ServiceExt;
use tower::layer::util::Stack;
use tower::util::BoxCloneService;
use tower_layer::Layer;
use tower_service::Service;

/// A request service of any kind, boxed.
pub type BoxProcessor = BoxCloneService<RemotingCommand, Option<RemotingCommand>, BoxError>;

/// Makes a request layer of a closure, or of a function that is not generic over the inner service.
///
/// The closure's parameters need no types. The inner service is boxed: each request costs two
/// allocations, one for the clone of the service and one for its future.
///
/// ```
/// use rocketmq_tower::layers::from_fn::from_fn_boxed;
/// use rocketmq_tower::{BoxError, Router, Server};
///
/// async fn serve(router: Router) -> Result<(), BoxError> {
///     let server = Server::new(router).layer(from_fn_boxed(async |request, next| {
///         println!("{}", request.request_code());
///         next.run(request).await
///     }));
///     server.bind("0.0.0.0:10911").await?.serve().await?;
///     Ok(())
/// }
/// ```
#[must_use]
pub fn from_fn_boxed<F, Fut, R, E>(f: F) -> Stack<BoxProcessorLayer, FromFnLayer<F>>
where
    F: Fn(RemotingCommand, Next) -> Fut,
    Fut: Future<Output = Result<R, E>>,
    R: Reply,
    E: Into<BoxError>,
{
    Stack::new(BoxProcessorLayer(()), from_fn(f))
}

/// Boxes a request service, so that its type is always [`BoxProcessor`].
#[derive(Clone, Copy, Debug, Default)]
pub struct BoxProcessorLayer(());

impl<S> Layer<S> for BoxProcessorLayer
where
    S: Service<RemotingCommand, Response: Reply, Error: Into<BoxError>, Future: Send + 'static>,
    S: Clone + Send + 'static,
{
    type Service = BoxProcessor;

    fn layer(&self, inner: S) -> BoxProcessor {
        BoxCloneService::new(inner.map_response(Reply::into_command).map_err(Into::into))
    }
}
