//! The two kinds of services by their names.

use rocketmq_tower_core::{BoxError, Connection, Disconnect, RemotingCommand, Reply};
use std::future::Future;
use tower_service::Service;

/// A service of the request level: `Service<RemotingCommand>` that answers with a [`Reply`] and can
/// be sent between threads.
///
/// Implemented for every service that fits; nothing needs to be done for it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not process requests",
    label = "not a service of the request level",
    note = "what layers make of a processor is a `Service<RemotingCommand>` that is `Send + 'static`",
    note = "its response is a `RemotingCommand` or an `Option<RemotingCommand>`",
    note = "its error is `Into<BoxError>`, and its future is `Send + 'static`"
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

/// A service of the connection level: `Service<Connection<Io>>` whose future is the connection's
/// life.
///
/// Implemented for every service that fits; nothing needs to be done for it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not serve connections of `{Io}`",
    label = "not a service of the connection level",
    note = "what connection layers make is a `Service<Connection<{Io}>>` that is `Send + 'static`",
    note = "its response is a `Disconnect`",
    note = "its error is `Into<BoxError>`, and its future is `Send + 'static`"
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
