//! The default stacks: which layers there are, and in which order.
//!
//! ```text
//! connection level, outermost first     request level, outermost first
//!   connection_limit                      recover
//!   connection layers of the user         request layers of the user
//!   events                                rpc_hook
//!   idle_timeout                          processor
//!   driver
//! ```

use crate::service::ConnectionService;
use rocketmq_tower_core::driver::{ConnectionConfig, DriverService};
use rocketmq_tower_core::{BoxError, Connection, Disconnect};
use rocketmq_tower_layers::events::Events;
use rocketmq_tower_layers::idle_timeout::IdleTimeout;
use rocketmq_tower_layers::rpc_hook::RpcHooks;
use rocketmq_tower_layers::{
    ConnectionLimitLayer, EventsLayer, IdleTimeoutLayer, RecoverLayer, RpcHookLayer,
};
use tower::layer::util::Stack;
use tower::util::BoxService;
use tower::{Layer, ServiceExt};

/// What a server's request layers are put around: the processor with its RPC hooks.
pub type HookedProcessor<P> = RpcHooks<P>;

/// What a server's connection layers are put around: events around the idle timeout around the
/// driver.
pub type WatchedDriver<P, R> = Events<IdleTimeout<RequestDriver<P, R>>>;

/// Drives connections: the requests of each go through `recover`, the request layers `R` and the
/// hooks to a clone of the processor.
pub(crate) type RequestDriver<P, R> = DriverService<Stack<Stack<RpcHookLayer, R>, RecoverLayer>, P>;

/// The connection level of a server's stack as one service, of any type inside. It costs one box for
/// each connection.
pub type BoxConnectionService<Io> = BoxService<Connection<Io>, Disconnect, BoxError>;

/// The service that drives connections, with its request level.
pub(crate) fn driver<P, R>(
    processor: P,
    layers: R,
    hooks: RpcHookLayer,
    config: ConnectionConfig,
) -> RequestDriver<P, R> {
    let layers = Stack::new(Stack::new(hooks, layers), RecoverLayer::new());
    DriverService::new(layers, processor, config)
}

/// The part of the connection level that is inside the user's layers.
pub(crate) fn watched<S>(
    inner: S,
    events: &EventsLayer,
    idle_timeout: IdleTimeoutLayer,
) -> Events<IdleTimeout<S>> {
    events.layer(idle_timeout.layer(inner))
}

/// The part of the connection level that is outside the user's layers.
pub(crate) fn limited<Io, S>(
    inner: S,
    limit: Option<&ConnectionLimitLayer>,
) -> BoxConnectionService<Io>
where
    Io: Send + 'static,
    S: ConnectionService<Io>,
{
    match limit {
        Some(limit) => BoxService::new(limit.layer(inner).map_err(Into::into)),
        None => BoxService::new(inner.map_err(Into::into)),
    }
}
