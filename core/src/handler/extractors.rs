//! The arguments of handlers.

use super::FromRequestParts;
use crate::channel::{Channel, DeferError, Responder};
use crate::command::{HeaderError, RemotingCommand, RequestCode};
use crate::protocol::json::BodyError;
use bytes::Bytes;
use serde::de::DeserializeOwned;
use std::any::type_name;
use std::convert::Infallible;

/// The ext fields as a struct with serde's derives. As an argument, [read](RemotingCommand::header)
/// from the request; as a result, a `SUCCESS` response with the struct's fields.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Header<T>(pub T);

/// The body. As an argument, it is moved out of the request: a later `Body` or `RemotingCommand`
/// finds it empty. As a result, a `SUCCESS` response with this body.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Body(pub Bytes);

/// The body as a type with serde's traits, such as those of [`protocol`](crate::protocol). As an
/// argument, [read](RemotingCommand::json) from the request's JSON; as a result, a `SUCCESS` response
/// with the value as JSON.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Json<T>(pub T);

/// The state of the handler, cloned for each request that takes it: usually an `Arc`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct State<T>(pub T);

/// A clone of a value that a layer has attached to the request's
/// [extensions](RemotingCommand::extensions).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extension<T>(pub T);

/// No layer has attached a value of this type to the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the request has no extension of the type {0}")]
pub struct MissingExtension(&'static str);

/// The request was created locally, so it has no [`Channel`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no connection has received the request")]
#[non_exhaustive]
pub struct NoConnection;

impl<S, T: DeserializeOwned> FromRequestParts<S> for Header<T> {
    type Rejection = HeaderError;

    fn from_request_parts(request: &mut RemotingCommand, _state: &S) -> Result<Self, HeaderError> {
        request.header().map(Self)
    }
}

impl<S> FromRequestParts<S> for Body {
    type Rejection = Infallible;

    fn from_request_parts(request: &mut RemotingCommand, _state: &S) -> Result<Self, Infallible> {
        Ok(Self(request.take_body()))
    }
}

impl<S, T: DeserializeOwned> FromRequestParts<S> for Json<T> {
    type Rejection = BodyError;

    fn from_request_parts(request: &mut RemotingCommand, _state: &S) -> Result<Self, BodyError> {
        request.json().map(Self)
    }
}

impl<S: Clone> FromRequestParts<S> for State<S> {
    type Rejection = Infallible;

    fn from_request_parts(_request: &mut RemotingCommand, state: &S) -> Result<Self, Infallible> {
        Ok(Self(state.clone()))
    }
}

impl<S, T: Clone + Send + Sync + 'static> FromRequestParts<S> for Extension<T> {
    type Rejection = MissingExtension;

    fn from_request_parts(
        request: &mut RemotingCommand,
        _state: &S,
    ) -> Result<Self, MissingExtension> {
        let value = request.extensions().get::<T>();
        value.cloned().map(Self).ok_or_else(|| MissingExtension(type_name::<T>()))
    }
}

impl<S> FromRequestParts<S> for RequestCode {
    type Rejection = Infallible;

    fn from_request_parts(request: &mut RemotingCommand, _state: &S) -> Result<Self, Infallible> {
        Ok(request.request_code())
    }
}

impl<S> FromRequestParts<S> for Channel {
    type Rejection = NoConnection;

    fn from_request_parts(request: &mut RemotingCommand, _state: &S) -> Result<Self, NoConnection> {
        request.channel().cloned().ok_or(NoConnection)
    }
}

impl<S> FromRequestParts<S> for Responder {
    type Rejection = DeferError;

    fn from_request_parts(request: &mut RemotingCommand, _state: &S) -> Result<Self, DeferError> {
        request.defer()
    }
}
