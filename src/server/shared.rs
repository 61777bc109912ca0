//! Layers whose state all connections share.

use super::Server;
use crate::service::Processor;
use rocketmq_tower_layers::recover::NoteAborts;
use tower_layer::Layer;

/// A processor that all connections can share: a [`Processor`] that is `Clone`, each clone of which
/// uses the same state.
///
/// Implemented for every such service; there is nothing to implement by hand.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be shared by connections: it is not `Clone`, or not a processor",
    label = "each connection needs a clone of this service",
    note = "`Server::shared_layer` clones the layer's service for every connection",
    note = "a service that is not `Clone`, such as tower's `RateLimit`, needs a `tower::buffer::BufferLayer` \
            around it",
    note = "if each connection may have state of its own, use `Server::layer`, which needs no `Clone`",
    note = "a processor is a `Service<RemotingCommand>` that is `Send + 'static`, as is its future"
)]
pub trait SharedProcessor: Processor + Clone {}

#[diagnostic::do_not_recommend]
impl<S: Processor + Clone> SharedProcessor for S {}

impl<P, R, C> Server<P, R, C> {
    /// Puts a layer around the processor, once for the whole server. Each connection gets a clone of
    /// the layer's service.
    ///
    /// | | [`layer`](Self::layer) | `shared_layer` |
    /// |---|---|---|
    /// | `Layer::layer` is called | once for each connection, with a clone of the processor | once, here |
    /// | state in the service | belongs to one connection | is shared by all connections, if clones of the service share it |
    /// | the service must be `Clone` | no | yes |
    /// | place | outside the hooks | inside the hooks, directly around the processor |
    /// | of two layers, the outermost is | the first | the last, as in axum's `Router::layer` |
    ///
    /// Use it for a cache, a circuit breaker, or a rate limit that counts for the whole server.
    /// Layers that share state by themselves, which tower calls `Global…`, and layers without
    /// state do the same in either place.
    ///
    /// ```no_run
    /// use rocketmq_tower::{BoxError, Router, Server, ServiceBuilder};
    /// use std::time::Duration;
    /// use tower::limit::{ConcurrencyLimitLayer, RateLimitLayer};
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), BoxError> {
    /// // At most 1000 requests per second, from all connections together. `RateLimit` keeps its
    /// // state in its service, which is not `Clone`; a clone of a `Buffer` is a handle to one service.
    /// let rate = ServiceBuilder::new().buffer(64).layer(RateLimitLayer::new(1000, Duration::from_secs(1)));
    /// let server = Server::new(Router::default())
    ///     .shared_layer(rate)
    ///     // At most 16 requests at a time from each connection: every connection gets its own.
    ///     .layer(ConcurrencyLimitLayer::new(16))
    ///     .bind("0.0.0.0:10911")
    ///     .await?;
    /// server.serve().await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// The layer gets the processor inside [`NoteAborts`], so that its errors need not show those of
    /// the processor. Several layers in one `ServiceBuilder` have its order, the first outermost. A layer that
    /// spawns a task when it is laid, as `buffer` does, needs a tokio runtime here.
    #[must_use]
    pub fn shared_layer<L>(self, layer: L) -> Server<L::Service, R, C>
    where
        L: Layer<NoteAborts<P>>,
        L::Service: SharedProcessor,
    {
        let Self { processor, request_layers, connection_layers, settings } = self;
        let processor = layer.layer(NoteAborts::new(processor));
        Server { processor, request_layers, connection_layers, settings }
    }
}
