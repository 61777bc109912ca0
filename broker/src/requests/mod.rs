//! The handlers of requests to the broker, by request code.

pub(crate) mod admin;
mod batch;
pub(crate) mod groups;
pub(crate) mod heartbeat;
mod heartbeat_body;
mod list;
pub(crate) mod locks;
mod long_polling;
pub(crate) mod lookup;
mod lookup_by_tag;
pub(crate) mod offsets;
pub(crate) mod pop;
pub(crate) mod pull;
pub(crate) mod recall;
pub(crate) mod reply;
pub(crate) mod send;
pub(crate) mod send_back;
pub(crate) mod transaction;

use crate::refusal::refuse;
use crate::state::BrokerState;
use rocketmq_tower::{BoxError, Channel, RemotingCommand, ResponseCode};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::sleep;

/// The maximum length of a client's id, in bytes.
const MAX_CLIENT: usize = 1024;

/// The maximum size of the body of a heartbeat, a request for locks, and a subscription to check, in
/// bytes: one takes some milliseconds.
const MAX_BODY: usize = 1024 * 1024;

/// The size up to which such a body is short. A short one takes less than a millisecond.
const SHORT_BODY: usize = 32 * 1024;

/// Fails if a client's id is too long. Ids are kept, so they need a bound.
fn check_client(client: &str) -> Result<(), BoxError> {
    if client.len() <= MAX_CLIENT {
        return Ok(());
    }
    let text = format!("a client's id has at most {MAX_CLIENT} bytes, not {}", client.len());
    Err(refuse(ResponseCode::INVALID_PARAMETER, text))
}

/// Resolves when a request has waited for this time, or its connection is drained.
async fn time_is_over(patience: Duration, channel: &Channel) {
    tokio::select! {
        () = sleep(patience) => {}
        () = channel.draining() => {}
    }
}

/// Fails if a body of this length, in bytes, is too long.
fn check_body(length: usize) -> Result<(), BoxError> {
    if length <= MAX_BODY {
        return Ok(());
    }
    let text = format!("the body has at most {MAX_BODY} bytes, not {length}");
    Err(refuse(ResponseCode::MESSAGE_ILLEGAL, text))
}

/// Does the work for a request with a list in its body, which costs as much as the body is long. If it
/// is long, the work is a task of its own, one at a time, so that others have a turn in between. A
/// connection waits with one such request at a time.
///
/// # Errors
/// If the work fails, or the body is too long.
async fn in_turn<T: Send + 'static>(
    broker: Arc<BrokerState>,
    channel: Channel,
    request: RemotingCommand,
    work: fn(&BrokerState, &Channel, &RemotingCommand) -> Result<T, BoxError>,
) -> Result<T, BoxError> {
    let length = request.body().len();
    if length <= SHORT_BODY {
        return work(&broker, &channel, &request);
    }
    check_body(length)?;
    let connection = broker.clients.connection(&channel);
    let _own_turn = connection.turn.acquire().await?;
    let turn = Arc::clone(&broker.long_bodies).acquire_owned().await?;
    let done = tokio::spawn(async move {
        let _turn = turn;
        work(&broker, &channel, &request)
    });
    done.await?
}
