use super::ConnectError;
use rocketmq_tower_core::{Addr, BoxError, ChannelInfo};
use std::future::Future;
use std::pin::Pin;
use tokio::io::{AsyncRead, AsyncWrite};
use tower_service::Service;

/// A service that connects: a `Service<Addr>` whose response is a byte stream and a description of
/// the connection.
///
/// Implemented for every service that fits; there is nothing to implement by hand.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a transport",
    label = "not a service that connects",
    note = "a transport is a `Service<Addr, Response = (Io, ChannelInfo)>` that is `Clone + Send + Sync \
            + 'static`",
    note = "its `Io` is `AsyncRead + AsyncWrite + Unpin + Send + 'static`",
    note = "its error is `Into<BoxError>`, and its future is `Send`"
)]
pub trait Transport:
    Service<
        Addr,
        Response = (Self::Io, ChannelInfo),
        Error = Self::Failure,
        Future = Self::Connecting,
    > + Clone
    + Send
    + Sync
    + 'static
{
    /// The byte stream.
    type Io: AsyncRead + AsyncWrite + Unpin + Send + 'static;
    /// `Service::Error`.
    type Failure: Into<BoxError>;
    /// `Service::Future`.
    type Connecting: Future<Output = Result<(Self::Io, ChannelInfo), Self::Failure>> + Send;
}

impl<S, Io> Transport for S
where
    S: Service<Addr, Response = (Io, ChannelInfo)> + Clone + Send + Sync + 'static,
    S::Error: Into<BoxError>,
    S::Future: Send,
    Io: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    type Io = Io;
    type Failure = S::Error;
    type Connecting = S::Future;
}

/// The future of this module's transports.
pub(super) type BoxConnectFuture<Io> =
    Pin<Box<dyn Future<Output = Result<(Io, ChannelInfo), ConnectError>> + Send>>;
