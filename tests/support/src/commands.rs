//! Commands and simple processors.

use crate::SECOND;
use rocketmq_tower_core::{BoxError, RemotingCommand, ResponseCode};
use std::future::{Ready, ready};

/// Returns a request with this code and opaque.
#[must_use]
pub fn request(code: i32, opaque: i32) -> RemotingCommand {
    let mut command = RemotingCommand::request(code);
    command.set_opaque(opaque);
    command
}

/// Returns an empty `SUCCESS` for the request with this opaque.
#[must_use]
pub fn answer(opaque: i32) -> RemotingCommand {
    let mut answer = RemotingCommand::response(ResponseCode::SUCCESS);
    answer.set_opaque(opaque);
    answer
}

/// Answers with the request's body.
#[inline]
pub fn echo(mut request: RemotingCommand) -> Ready<Result<RemotingCommand, BoxError>> {
    ready(Ok(RemotingCommand::response(ResponseCode::SUCCESS).with_body(request.take_body())))
}

/// Answers with the request's body, after as many seconds as its code says.
///
/// # Errors
/// If the code is negative.
pub async fn sleeper(request: RemotingCommand) -> Result<RemotingCommand, BoxError> {
    tokio::time::sleep(u32::try_from(request.code())? * SECOND).await;
    echo(request).await
}
