//! Lookups of messages: `VIEW_MESSAGE_BY_ID` and `QUERY_MESSAGE`.

use crate::log::{CommitLogOffset, index};
use crate::refusal::refuse;
use crate::state::BrokerState;
use crate::storage::StorageTable;
use rocketmq_tower::message::StoredMessage;
use rocketmq_tower::protocol::{
    QueryMessageRequestHeader, QueryMessageResponseHeader, ViewMessageRequestHeader,
};
use rocketmq_tower::{Body, BoxError, Header, ResponseCode, State};
use std::ops::ControlFlow;
use std::sync::Arc;

/// The maximum number of messages that a query finds. In Java it is 32 by default
/// (`defaultQueryMaxNum`), and 64 at most.
const MAX_MESSAGES: usize = 64;

/// The maximum number of rows of the index that are read. Other keys may have the same hash.
const MAX_ROWS: usize = 4096;

/// `VIEW_MESSAGE_BY_ID`. The offset is that of the commit log, which clients read from the message's id.
pub(crate) async fn view(
    State(broker): State<Arc<BrokerState>>,
    Header(ViewMessageRequestHeader { offset, .. }): Header<ViewMessageRequestHeader>,
) -> Result<Body, BoxError> {
    let record = match CommitLogOffset::from_i64(offset) {
        Some(offset) => broker.log.read(offset)?,
        None => None,
    };
    let record = record.ok_or_else(|| {
        refuse(ResponseCode::SYSTEM_ERROR, format!("there is no message at the offset {offset}"))
    })?;
    Ok(Body(record.into()))
}

/// `QUERY_MESSAGE`, by a key of the application or the producer's id of the message.
pub(crate) async fn query(
    State(broker): State<Arc<BrokerState>>,
    Header(query): Header<QueryMessageRequestHeader>,
) -> Result<(Header<QueryMessageResponseHeader>, Body), BoxError> {
    let (mut body, mut found, mut last) = (Vec::new(), 0, QueryMessageResponseHeader::default());
    let max = usize::try_from(query.max_num).unwrap_or(0).min(MAX_MESSAGES);
    for offset in offsets(&broker, &query)? {
        if found == max {
            break;
        }
        let Some(record) = broker.log.read(offset)? else { continue };
        let (message, _) = StoredMessage::decode(&record)?;
        let time = query.begin_timestamp..=query.end_timestamp;
        if message.topic == query.topic
            && index::has_key(message.properties, &query.key)
            && time.contains(&message.store_timestamp)
        {
            last.index_last_update_timestamp = message.store_timestamp;
            last.index_last_update_phyoffset = offset.as_i64();
            body.extend_from_slice(&record);
            found += 1;
        }
    }
    if found == 0 {
        let text = format!("no message of {} has the key {}", query.topic, query.key);
        return Err(refuse(ResponseCode::QUERY_NOT_FOUND, text));
    }
    Ok((Header(last), Body(body.into())))
}

/// Returns the offsets of the messages whose key has the same hash.
fn offsets(
    broker: &BrokerState,
    query: &QueryMessageRequestHeader,
) -> Result<Vec<CommitLogOffset>, BoxError> {
    let hash = index::hash(&query.topic, &query.key);
    let first = CommitLogOffset::from_i64(0).map(|offset| index::row(hash, offset));
    let last = CommitLogOffset::from_i64(i64::MAX).map(|offset| index::row(hash, offset));
    let (Some(first), Some(last)) = (first, last) else { return Ok(Vec::new()) };
    let mut offsets = Vec::new();
    broker.log.storage().scan(StorageTable::Keys, &first..&last, &mut |row, _| {
        offsets.extend(index::offset(row));
        if offsets.len() < MAX_ROWS { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    Ok(offsets)
}
