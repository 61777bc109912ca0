//! The traits of a handler's arguments.

use crate::command::RemotingCommand;
use crate::error::BoxError;
use std::convert::Infallible;

/// An argument of a handler that leaves the request to the arguments after it. `S` is the type of
/// the handler's state.
///
/// It may move parts out of the request, as [`Body`](super::Body) does. Extraction runs when the
/// request arrives, and must not block; work that waits belongs in the handler or in a layer.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be taken from a request by a handler with the state `{S}`",
    label = "not an extractor",
    note = "extractors are `Header<T>`, `Body`, `Json<T>`, `State<{S}>`, `Extension<T>`, `RequestCode`, `Channel` and `Responder`",
    note = "`RemotingCommand` must be the last argument",
    note = "for a type of your own implement `FromRequestParts<S>`"
)]
pub trait FromRequestParts<S>: Sized {
    /// The error of a request that lacks this part. The layer `recover` turns it into a response:
    /// an [`Abort`](crate::Abort) sets code and remark, any other error is a `SYSTEM_ERROR`.
    type Rejection: Into<BoxError>;

    /// Takes this part from the request.
    ///
    /// # Errors
    /// If the request lacks it, or it is malformed.
    fn from_request_parts(
        request: &mut RemotingCommand,
        state: &S,
    ) -> Result<Self, Self::Rejection>;
}

/// The last argument of a handler: it may consume the request. Implemented for everything that
/// implements [`FromRequestParts`].
///
/// The `M` keeps the two kinds of implementations apart. An implementation by hand leaves it at its
/// default.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be taken from a request by a handler with the state `{S}`",
    label = "not an extractor",
    note = "extractors are `Header<T>`, `Body`, `Json<T>`, `State<{S}>`, `Extension<T>`, `RequestCode`, `Channel`, `Responder` and `RemotingCommand`",
    note = "for a type of your own implement `FromRequestParts<S>` or `FromRequest<S>`"
)]
pub trait FromRequest<S, M = ViaRequest>: Sized {
    /// The error of a request that does not fit, see [`FromRequestParts::Rejection`].
    type Rejection: Into<BoxError>;

    /// Makes the argument of the request.
    ///
    /// # Errors
    /// If the request does not fit.
    fn from_request(request: RemotingCommand, state: &S) -> Result<Self, Self::Rejection>;
}

/// Marks arguments that implement [`FromRequestParts`].
#[derive(Debug)]
pub enum ViaParts {}

/// Marks arguments that consume the request.
#[derive(Debug)]
pub enum ViaRequest {}

impl<S, T: FromRequestParts<S>> FromRequest<S, ViaParts> for T {
    type Rejection = T::Rejection;

    fn from_request(mut request: RemotingCommand, state: &S) -> Result<Self, Self::Rejection> {
        T::from_request_parts(&mut request, state)
    }
}

impl<S> FromRequest<S> for RemotingCommand {
    type Rejection = Infallible;

    fn from_request(request: RemotingCommand, _state: &S) -> Result<Self, Infallible> {
        Ok(request)
    }
}
