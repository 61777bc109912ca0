//! Trait aliases for the services of the two levels.

use rocketmq_tower_core::{BoxError, Connection, Disconnect, RemotingCommand, Reply};
use std::future::Future;
use tower_service::Service;

/// A service of the request level: a `Service<RemotingCommand>` whose response is a [`Reply`], and
/// which can be sent between threads.
///
/// Implemented for every service that fits; there is nothing to implement by hand. A server also needs
/// it to be `Clone`, for one processor for each connection, and a client that connects by address needs
/// `Sync`.
///
/// An async function or a closure is wrapped in [`service_fn`](crate::service_fn) or
/// [`handler_fn`](crate::handler_fn):
///
/// ```
/// # use rocketmq_tower::{ResponseCode, Server, handler_fn};
/// async fn beat() -> ResponseCode {
///     ResponseCode::SUCCESS
/// }
///
/// let server = Server::new(handler_fn(beat)).bind("127.0.0.1:0");
/// ```
///
/// ```compile_fail,E0277
/// # use rocketmq_tower::{ResponseCode, Server};
/// # async fn beat() -> ResponseCode {
/// #     ResponseCode::SUCCESS
/// # }
/// // error: `fn() -> ..` does not process requests
/// // note: wrap an async function or a closure in `service_fn` or `handler_fn`, ..
/// let server = Server::new(beat).bind("127.0.0.1:0");
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not process requests",
    label = "not a service of the request level",
    note = "wrap an async function or a closure in `service_fn` or `handler_fn`, or add it to a `Router` with `route_fn`",
    note = "a processor is a `Service<RemotingCommand>` that is `Send + 'static`",
    note = "its response is a `RemotingCommand` or an `Option<RemotingCommand>`",
    note = "its error is `Into<BoxError>`, and its future is `Send + 'static`",
    note = "layers of connections are added with `Server::connection_layer`, not with `Server::layer`"
)]
pub trait Processor:
    Service<
        RemotingCommand,
        Response = Self::Answer,
        Error = Self::Failure,
        Future = Self::Exchange,
    > + Send
    + 'static
{
    /// `Service::Response`.
    type Answer: Reply;
    /// `Service::Error`.
    type Failure: Into<BoxError>;
    /// `Service::Future`.
    type Exchange: Future<Output = Result<Self::Answer, Self::Failure>> + Send + 'static;
}

impl<S> Processor for S
where
    S: Service<RemotingCommand> + Send + 'static,
    S::Response: Reply,
    S::Error: Into<BoxError>,
    S::Future: Send + 'static,
{
    type Answer = S::Response;
    type Failure = S::Error;
    type Exchange = S::Future;
}

/// A service of the connection level: a `Service<Connection<Io>>` whose future is the lifetime of a
/// connection.
///
/// Implemented for every service that fits; there is nothing to implement by hand.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not serve connections of `{Io}`",
    label = "not a service of the connection level",
    note = "a service of the connection level is a `Service<Connection<{Io}>>` that is `Send + 'static`",
    note = "its response is a `Disconnect`",
    note = "its error is `Into<BoxError>`, and its future is `Send + 'static`",
    note = "layers of requests are added with `Server::layer`, not with `Server::connection_layer`"
)]
pub trait ConnectionService<Io>:
    Service<Connection<Io>, Response = Disconnect, Error = Self::Failure, Future = Self::Lifetime>
    + Send
    + 'static
{
    /// `Service::Error`.
    type Failure: Into<BoxError>;
    /// `Service::Future`.
    type Lifetime: Future<Output = Result<Disconnect, Self::Failure>> + Send + 'static;
}

impl<Io, S> ConnectionService<Io> for S
where
    S: Service<Connection<Io>, Response = Disconnect> + Send + 'static,
    S::Error: Into<BoxError>,
    S::Future: Send + 'static,
{
    type Failure = S::Error;
    type Lifetime = S::Future;
}
