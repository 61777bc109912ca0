//! The handlers of requests to the broker, by request code.

mod batch;
pub(crate) mod groups;
pub(crate) mod heartbeat;
mod heartbeat_body;
pub(crate) mod locks;
mod long_polling;
pub(crate) mod lookup;
pub(crate) mod offsets;
pub(crate) mod pull;
pub(crate) mod reply;
pub(crate) mod send;
pub(crate) mod send_back;
pub(crate) mod topics;
pub(crate) mod transaction;

use crate::refusal::refuse;
use rocketmq_tower::{BoxError, RemotingCommand, ResponseCode};

/// The maximum length of a client's id, in bytes.
const MAX_CLIENT: usize = 1024;

/// The maximum size of the body of a heartbeat and of a request for locks, in bytes: reading one takes
/// a few milliseconds.
const MAX_BODY: usize = 1024 * 1024;

/// Fails if a client's id is too long. Ids are kept, so they need a bound.
fn check_client(client: &str) -> Result<(), BoxError> {
    if client.len() <= MAX_CLIENT {
        return Ok(());
    }
    let text = format!("a client's id has at most {MAX_CLIENT} bytes, not {}", client.len());
    Err(refuse(ResponseCode::INVALID_PARAMETER, text))
}

/// Fails if the list in a request's body may be too long to read at once.
fn check_body(request: &RemotingCommand) -> Result<(), BoxError> {
    let length = request.body().len();
    if length <= MAX_BODY {
        return Ok(());
    }
    let text = format!("the body has at most {MAX_BODY} bytes, not {length}");
    Err(refuse(ResponseCode::MESSAGE_ILLEGAL, text))
}
