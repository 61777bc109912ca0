//! `RECALL_MESSAGE`: a producer takes back a delayed message.

use crate::delay::MAX_DELAY;
use crate::log::{CommitLogOffset, LogWrite, due_key};
use crate::messages;
use crate::recall_handle::{self, RecallHandle};
use crate::refusal::refuse;
use crate::state::BrokerState;
use crate::storage::{Storage, StorageError, StorageTable};
use crate::stored_properties::REGION;
use bytes::Bytes;
use rocketmq_tower::message::{StoredMessage, property};
use rocketmq_tower::protocol::{RecallMessageRequestHeader, RecallMessageResponseHeader};
use rocketmq_tower::{BoxError, RemotingCommand, ResponseCode, State};
use std::ops::ControlFlow;
use std::sync::Arc;

/// Deletes the row by which the message would be delivered. Java's broker stores a request to leave the
/// message out at its time, and so succeeds also if there is no such message.
pub(crate) async fn handle(
    State(broker): State<Arc<BrokerState>>,
    request: RemotingCommand,
) -> Result<RemotingCommand, BoxError> {
    let header: RecallMessageRequestHeader<&str> = request.header()?;
    broker.topics.find(header.topic)?;
    let text = recall_handle::decode(header.recall_handle);
    let handle = text.as_deref().and_then(RecallHandle::parse);
    let handle = handle.ok_or_else(|| refused("the handle is invalid"))?;
    check(&broker, &header, &handle)?;
    // While it is not being delivered.
    let _turn = broker.delivery.read().await;
    let (row, at) = (due_key(handle.due, handle.at), handle.at);
    let record = broker.log.read(false, move |storage| waiting(storage, &row, at)).await?;
    let unknown = || refused("the message is unknown, or was delivered or recalled before");
    if !is_it(&record.ok_or_else(unknown)?, &handle)? {
        return Err(unknown());
    }
    broker.log.write(LogWrite::default().and_delete(StorageTable::Scheduled, row)).await?;
    let answer = RecallMessageResponseHeader { msg_id: handle.id };
    let response = RemotingCommand::response(ResponseCode::SUCCESS).with_header(&answer)?;
    Ok(response.with_ext_field(property::MSG_REGION, REGION))
}

fn refused(why: &str) -> BoxError {
    refuse(ResponseCode::ILLEGAL_OPERATION, format!("recall failed, {why}"))
}

/// Fails if the handle is not one of this broker for a message that may still wait.
fn check(
    broker: &BrokerState,
    header: &RecallMessageRequestHeader<&str>,
    handle: &RecallHandle<'_>,
) -> Result<(), BoxError> {
    if handle.topic != header.topic {
        return Err(refused("the topic does not match"));
    }
    if handle.broker != broker.identity.name {
        return Err(refused("the message is at another broker"));
    }
    let wait = handle.due.saturating_sub(broker.clock.now_ms());
    if wait <= 0 {
        return Err(refused("the delivery time is over"));
    }
    if wait > MAX_DELAY {
        return Err(refused("the delivery time is too far away"));
    }
    Ok(())
}

/// Returns the record of a message that waits.
fn waiting(
    storage: &dyn Storage,
    row: &[u8; 16],
    at: CommitLogOffset,
) -> Result<Option<Bytes>, StorageError> {
    let (mut waits, end) = (false, [&row[..], b"\0"].concat());
    storage.scan(StorageTable::Scheduled, &row[..]..&end, &mut |_, _| {
        waits = true;
        ControlFlow::Break(())
    })?;
    if waits { storage.record(at) } else { Ok(None) }
}

/// Returns whether the record is of the message that the handle names.
fn is_it(record: &Bytes, handle: &RecallHandle<'_>) -> Result<bool, BoxError> {
    let (message, _) = StoredMessage::decode(record)?;
    let (topic, _) = messages::destination(&message)?;
    Ok(topic == handle.topic && message.properties.get(property::UNIQ_KEY) == Some(handle.id))
}
