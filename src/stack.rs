//! The default stacks. This is the only place that names concrete layers.
//!
//! ```text
//! connection level, outermost first     request level, outermost first
//!   connection_limit                      recover
//!   layers of the user                    layers of the user
//!   events                                rpc_hook
//!   idle_timeout                          processor
//!   driver
//! ```

use crate::service::ConnectionService;
use rocketmq_tower_core::driver::DriverService;
use rocketmq_tower_core::{BoxError, Connection, Disconnect};
use rocketmq_tower_layers::events::Events;
use rocketmq_tower_layers::idle_timeout::IdleTimeout;
use rocketmq_tower_layers::{
    ConnectionLimitLayer, EventsLayer, IdleTimeoutLayer, RecoverLayer, RpcHookLayer,
};
use tower::layer::util::Stack;
use tower::util::BoxService;
use tower::{Layer, ServiceExt};

/// A stack of the connection level, whatever it is made of. One box per connection is the price of
/// not naming its type.
pub(crate) type BoxedStack<Io> = BoxService<Connection<Io>, Disconnect, BoxError>;

/// Request level: recover around the user's layers around the hooks.
pub(crate) type RequestLayers<L> = Stack<Stack<RpcHookLayer, L>, RecoverLayer>;

/// What drives connections: requests of each go through the layers to a clone of the processor.
pub(crate) type Driving<L, P> = DriverService<RequestLayers<L>, P>;

/// The part of the connection level that is inside of the user's layers.
pub(crate) type Watched<S> = Events<IdleTimeout<S>>;

/// The layers of the request level: `layers` are the user's.
pub(crate) fn request_layers<L>(layers: L, hooks: RpcHookLayer) -> RequestLayers<L> {
    Stack::new(Stack::new(hooks, layers), RecoverLayer::new())
}

pub(crate) fn watched<S>(
    inner: S,
    events: &EventsLayer,
    idle_timeout: IdleTimeoutLayer,
) -> Watched<S> {
    events.layer(idle_timeout.layer(inner))
}

pub(crate) fn limited<Io, S>(inner: S, limit: &ConnectionLimitLayer) -> BoxedStack<Io>
where
    Io: Send + 'static,
    S: ConnectionService<Io>,
{
    boxed(limit.layer(inner))
}

pub(crate) fn boxed<Io, S>(stack: S) -> BoxedStack<Io>
where
    Io: Send + 'static,
    S: ConnectionService<Io>,
{
    BoxService::new(stack.map_err(Into::into))
}
