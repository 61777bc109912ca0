//! The results of handlers.

use super::{Body, Header, Json};
use crate::command::{RemotingCommand, ResponseCode};
use crate::error::BoxError;
use serde::Serialize;

/// The result of a handler. See the table in the [module's documentation](super).
///
/// A [`Reply`](crate::Reply) is the response of a service; this is anything that can be turned into
/// one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not the result of a handler",
    label = "does not become a response",
    note = "return a `RemotingCommand`, an `Option<RemotingCommand>`, a `ResponseCode`, a `Header<T>`, a `Body`, a `Json<T>` or a `(Header<T>, Body)`",
    note = "or a `Result` of one of them, whose error is `Into<BoxError>`",
    note = "instead of `()`, return `ResponseCode::SUCCESS`, or `None` if there is no response or it is deferred"
)]
pub trait IntoReply {
    /// Returns the response, if there is one.
    ///
    /// # Errors
    /// If the handler has failed, a header is not [flat](RemotingCommand::set_header), or a body has no
    /// [JSON](crate::protocol::json::to_bytes).
    fn into_reply(self) -> Result<Option<RemotingCommand>, BoxError>;
}

impl IntoReply for RemotingCommand {
    fn into_reply(self) -> Result<Option<RemotingCommand>, BoxError> {
        Ok(Some(self))
    }
}

impl IntoReply for Option<RemotingCommand> {
    fn into_reply(self) -> Result<Option<RemotingCommand>, BoxError> {
        Ok(self)
    }
}

impl IntoReply for ResponseCode {
    fn into_reply(self) -> Result<Option<RemotingCommand>, BoxError> {
        Ok(Some(RemotingCommand::response(self)))
    }
}

impl IntoReply for Body {
    fn into_reply(self) -> Result<Option<RemotingCommand>, BoxError> {
        Ok(Some(RemotingCommand::response(ResponseCode::SUCCESS).with_body(self.0)))
    }
}

impl<T: Serialize> IntoReply for Header<T> {
    fn into_reply(self) -> Result<Option<RemotingCommand>, BoxError> {
        Ok(Some(RemotingCommand::response(ResponseCode::SUCCESS).with_header(&self.0)?))
    }
}

impl<T: Serialize> IntoReply for Json<T> {
    fn into_reply(self) -> Result<Option<RemotingCommand>, BoxError> {
        Ok(Some(RemotingCommand::response(ResponseCode::SUCCESS).with_json(&self.0)?))
    }
}

impl<T: Serialize> IntoReply for (Header<T>, Body) {
    fn into_reply(self) -> Result<Option<RemotingCommand>, BoxError> {
        let (Header(header), Body(body)) = self;
        let response = RemotingCommand::response(ResponseCode::SUCCESS).with_header(&header)?;
        Ok(Some(response.with_body(body)))
    }
}

impl<R: IntoReply, E: Into<BoxError>> IntoReply for Result<R, E> {
    fn into_reply(self) -> Result<Option<RemotingCommand>, BoxError> {
        self.map_err(Into::into)?.into_reply()
    }
}
