//! Requests about the offsets of queues and of consumer groups.

use crate::offsets::OffsetError;
use crate::refusal::refuse;
use crate::state::BrokerState;
use crate::storage::{Reads, Storage, StorageError};
use crate::topics::names;
use rocketmq_tower::message::StoredMessage;
use rocketmq_tower::protocol::{
    BoundaryType, GetEarliestMsgStoretimeResponseHeader, OffsetResponseHeader,
    QueryConsumerOffsetRequestHeader, SearchOffsetRequestHeader, TopicQueueRequestHeader,
    UpdateConsumerOffsetRequestHeader,
};
use rocketmq_tower::{BoxError, Header, RemotingCommand, RequestCode, ResponseCode, State};
use std::ops::Range;
use std::sync::Arc;

/// `GET_MAX_OFFSET`, `GET_MIN_OFFSET`, `GET_EARLIEST_MSG_STORETIME`, `SEARCH_OFFSET_BY_TIMESTAMP`
pub(crate) async fn of_queue(
    State(broker): State<Arc<BrokerState>>,
    request: RemotingCommand,
) -> Result<RemotingCommand, BoxError> {
    let header: TopicQueueRequestHeader<&str> = request.header()?;
    let topic = broker.topics.get(header.topic);
    let response = RemotingCommand::response(ResponseCode::SUCCESS);
    let Some(queue) = topic.as_ref().and_then(|topic| topic.queue(header.queue_id)) else {
        // As Java's broker answers: there, a queue exists when its first message does.
        return Ok(match request.request_code() {
            RequestCode::GET_EARLIEST_MSG_STORETIME => {
                response.with_header(&GetEarliestMsgStoretimeResponseHeader { timestamp: -1 })?
            }
            _ => response.with_header(&OffsetResponseHeader { offset: 0 })?,
        });
    };
    let (number, min) = (queue.number(), queue.min());
    let offset = match request.request_code() {
        RequestCode::GET_MAX_OFFSET => queue.max(),
        RequestCode::GET_MIN_OFFSET => min,
        RequestCode::GET_EARLIEST_MSG_STORETIME => {
            let stored = broker.log.read(false, move |storage| stored_at(storage, number, min));
            let timestamp = stored.await?.unwrap_or(-1);
            let header = GetEarliestMsgStoretimeResponseHeader { timestamp };
            return Ok(response.with_header(&header)?);
        }
        _ => {
            let search: SearchOffsetRequestHeader<&str> = request.header()?;
            let (time, offsets) = (search.timestamp, min..queue.max());
            let upper = search.boundary_type == BoundaryType::Upper;
            let search =
                move |storage: &dyn Storage| by_time(storage, number, offsets, time, upper);
            broker.log.read(false, search).await?
        }
    };
    Ok(response.with_header(&OffsetResponseHeader { offset })?)
}

/// Returns when the message with this offset was stored.
pub(super) fn stored_at(
    storage: &dyn Storage,
    queue: u32,
    offset: i64,
) -> Result<Option<i64>, StorageError> {
    let mut entry = Vec::new();
    storage.entries(queue, offset..offset.saturating_add(1), Reads::All, &mut entry)?;
    let Some(entry) = entry.first() else { return Ok(None) };
    let record = storage.record(entry.at)?;
    let message = record.as_ref().and_then(|record| StoredMessage::decode(record).ok());
    Ok(message.map(|(message, _)| message.store_timestamp))
}

/// Returns the offset of the first message that was stored at `time` or later; with `upper`, of the
/// last one that was stored at the time or before. If there is no such message, returns the end of the
/// queue; with `upper`, its start.
pub(crate) fn by_time(
    storage: &dyn Storage,
    queue: u32,
    offsets: Range<i64>,
    time: i64,
    upper: bool,
) -> Result<i64, StorageError> {
    let (mut low, mut high) = (offsets.start, offsets.end);
    while low < high {
        let middle = low + (high - low) / 2;
        // A deleted message is older than all others.
        let stored = stored_at(storage, queue, middle)?.unwrap_or(i64::MIN);
        let before = if upper { stored <= time } else { stored < time };
        (low, high) = if before { (middle + 1, high) } else { (low, middle) };
    }
    Ok(if upper { (low - 1).max(offsets.start) } else { low })
}

/// `QUERY_CONSUMER_OFFSET`
///
/// A group without an offset begins with the first message of the queue if that was not deleted,
/// unless the request says otherwise; so does Java's broker. This includes empty queues: otherwise
/// the client would look up the end of the queue, and miss messages that arrive in the meantime. For
/// other queues the client decides.
pub(crate) async fn query(
    State(broker): State<Arc<BrokerState>>,
    request: RemotingCommand,
) -> Result<Header<OffsetResponseHeader>, BoxError> {
    let header: QueryConsumerOffsetRequestHeader<&str> = request.header()?;
    let (group, topic, id) = (header.consumer_group, header.topic, header.queue_id);
    if let Some(offset) = broker.offsets.get(group, topic, id) {
        return Ok(Header(OffsetResponseHeader { offset }));
    }
    let topic = broker.topics.find_to_read(topic).ok();
    let queue = topic.as_ref().and_then(|topic| topic.queue_to_read(id));
    let is_whole = queue.is_some_and(|queue| queue.min() == 0);
    if is_whole && header.set_zero_if_not_found != Some(false) {
        return Ok(Header(OffsetResponseHeader { offset: 0 }));
    }
    let text = format!("the group {group} has no offset in this queue");
    Err(refuse(ResponseCode::QUERY_NOT_FOUND, text))
}

/// `UPDATE_CONSUMER_OFFSET`. The group may have no members any more, as clients commit after they
/// have left.
pub(crate) async fn update(
    State(broker): State<Arc<BrokerState>>,
    request: RemotingCommand,
) -> Result<RemotingCommand, BoxError> {
    let header: UpdateConsumerOffsetRequestHeader<&str> = request.header()?;
    let (group, topic, id) = (header.consumer_group, header.topic, header.queue_id);
    let offset = header.commit_offset;
    names::check_group(group)?;
    let known = broker.topics.find_to_read(topic)?;
    // A consumer of a queue that was closed has an old route, and goes on for a while.
    if offset < 0 || known.queue(id).is_none() {
        let text = format!("{topic} has no queue {id}, or the offset {offset} is negative");
        return Err(refuse(ResponseCode::INVALID_PARAMETER, text));
    }
    let done = RemotingCommand::response(ResponseCode::SUCCESS);
    if broker.offsets.is_reset(group, topic, id) {
        // As in Java: the consumer has not seen yet that a tool has reset it.
        return Ok(done.with_remark("Offset has been previously reset"));
    }
    let committed = if request.is_oneway() {
        broker.offsets.update(group, topic, id, offset).await
    } else {
        broker.offsets.store(group, topic, id, offset).await
    };
    match committed {
        Err(full @ OffsetError::NoRoom) => Err(refuse(ResponseCode::SYSTEM_BUSY, full.to_string())),
        committed => Ok(committed.map(|()| done)?),
    }
}
