//! Lookups of messages: `VIEW_MESSAGE_BY_ID` and `QUERY_MESSAGE`.

use crate::log::{CommitLogOffset, index};
use crate::refusal::refuse;
use crate::state::BrokerState;
use crate::storage::{Storage, StorageError};
use bytes::BytesMut;
use rocketmq_tower::message::StoredMessage;
use rocketmq_tower::protocol::{
    QueryMessageRequestHeader, QueryMessageResponseHeader, ViewMessageRequestHeader,
};
use rocketmq_tower::{Body, BoxError, Header, ResponseCode, State};
use std::sync::Arc;

/// The maximum number of messages that a query finds. In Java it is 32 by default
/// (`defaultQueryMaxNum`), and 64 at most.
const MAX_MESSAGES: usize = 64;

/// The maximum number of messages that are read. Other keys may have the same hash.
const MAX_READ: usize = 4096;

/// The maximum size of a response, in bytes, unless its first message is larger.
const MAX_BYTES: usize = 4 * 1024 * 1024;

/// `VIEW_MESSAGE_BY_ID`. The offset is that of the commit log, which clients read from the message's id.
pub(crate) async fn view(
    State(broker): State<Arc<BrokerState>>,
    Header(ViewMessageRequestHeader { offset, .. }): Header<ViewMessageRequestHeader>,
) -> Result<Body, BoxError> {
    let record = match CommitLogOffset::from_i64(offset) {
        Some(offset) => broker.log.record(offset).await?,
        None => None,
    };
    let record = record.ok_or_else(|| {
        refuse(ResponseCode::SYSTEM_ERROR, format!("there is no message at the offset {offset}"))
    })?;
    Ok(Body(record))
}

/// `QUERY_MESSAGE`, by a key of the application or the producer's id of the message.
pub(crate) async fn query(
    State(broker): State<Arc<BrokerState>>,
    Header(query): Header<QueryMessageRequestHeader>,
) -> Result<(Header<QueryMessageResponseHeader>, Body), BoxError> {
    let text = format!("no message of {} has the key {}", query.topic, query.key);
    let found = broker.log.read(false, move |storage| find(storage, &query)).await?;
    let (last, body) = found.ok_or_else(|| refuse(ResponseCode::QUERY_NOT_FOUND, text))?;
    Ok((Header(last), Body(body.freeze())))
}

/// Returns the newest messages that the query asks for, one after another, and the last one's place.
fn find(
    storage: &dyn Storage,
    query: &QueryMessageRequestHeader,
) -> Result<Option<(QueryMessageResponseHeader, BytesMut)>, StorageError> {
    let max = usize::try_from(query.max_num).unwrap_or(0).min(MAX_MESSAGES);
    let (mut body, mut found, mut last) = (BytesMut::new(), 0, None);
    for at in storage.find(index::hash(&query.topic, &query.key), MAX_READ)? {
        if found == max {
            break;
        }
        let Some(record) = storage.record(at)? else { continue };
        let Some(time) = time_if_asked_for(&record, query) else { continue };
        if found > 0 && body.len() + record.len() > MAX_BYTES {
            break;
        }
        last = Some(QueryMessageResponseHeader {
            index_last_update_timestamp: time,
            index_last_update_phyoffset: at.as_i64(),
        });
        body.extend_from_slice(&record);
        found += 1;
    }
    Ok(last.map(|last| (last, body)))
}

/// Returns the time of storing of a message that the query asks for.
fn time_if_asked_for(record: &[u8], query: &QueryMessageRequestHeader) -> Option<i64> {
    let (message, _) = StoredMessage::decode(record).ok()?;
    let time = message.store_timestamp;
    let asked_for = message.topic == query.topic
        && index::has_key(message.properties, &query.key)
        && (query.begin_timestamp..=query.end_timestamp).contains(&time);
    asked_for.then_some(time)
}
