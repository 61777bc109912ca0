//! The default stacks: their layers, in order.
//!
//! ```text
//! connection level, outermost first     request level, outermost first
//!   connection_limit                      recover
//!   connection layers of the user         request layers of the user
//!   events                                rpc_hook
//!   idle_timeout                          shared layers of the user
//!   read_idle_timeout                     processor
//!   driver
//! ```

use crate::service::ConnectionService;
use rocketmq_tower_core::driver::DriverService;
use rocketmq_tower_core::{BoxError, Connection, Disconnect};
use rocketmq_tower_layers::events::Events;
use rocketmq_tower_layers::idle_timeout::IdleTimeout;
use rocketmq_tower_layers::read_idle_timeout::ReadIdleTimeout;
use rocketmq_tower_layers::rpc_hook::RpcHooks;
use rocketmq_tower_layers::{
    ConnectionLimitLayer, EventsLayer, IdleTimeoutLayer, ReadIdleTimeoutLayer, RecoverLayer,
    RpcHookLayer,
};
use tower::layer::util::Stack;
use tower::util::BoxService;
use tower::{Layer, ServiceExt};

/// The service that a server's request layers are put around: the processor with its RPC hooks.
pub type HookedProcessor<P> = RpcHooks<P>;

/// The service that the connection layers of a server or client are put around: events around the
/// timeouts of idle connections around the driver.
pub type WatchedDriver<P, R> = Watched<RequestDriver<P, R>>;

/// The part of the connection level that is inside the user's layers, around a driver.
type Watched<S> = Events<IdleTimeout<ReadIdleTimeout<S>>>;

/// The complete request level: `recover` around the user's layers around the hooks.
pub(crate) type RequestLayers<R> = Stack<Stack<RpcHookLayer, R>, RecoverLayer>;

/// Runs connections: each request passes the request level on its way to a clone of the processor.
pub(crate) type RequestDriver<P, R> = DriverService<RequestLayers<R>, P>;

/// The connection level of a server's stack as one boxed service. The box costs one allocation for
/// each connection.
pub type BoxConnectionService<Io> = BoxService<Connection<Io>, Disconnect, BoxError>;

/// Assembles the layers of the request level; `layers` are the user's.
pub(crate) fn request_layers<R>(
    layers: R,
    hooks: RpcHookLayer,
    recover: RecoverLayer,
) -> RequestLayers<R> {
    Stack::new(Stack::new(hooks, layers), recover)
}

/// The part of the connection level that is inside the user's layers.
pub(crate) fn watched<S>(
    inner: S,
    events: &EventsLayer,
    idle_timeout: IdleTimeoutLayer,
    read_idle_timeout: ReadIdleTimeoutLayer,
) -> Watched<S> {
    events.layer(idle_timeout.layer(read_idle_timeout.layer(inner)))
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
