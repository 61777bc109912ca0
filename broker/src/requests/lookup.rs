//! Lookups of messages: `VIEW_MESSAGE_BY_ID` and `QUERY_MESSAGE`.

use crate::log::{CommitLogOffset, LogError, index};
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

/// The maximum number of bytes of messages that are read, except for the last one.
const MAX_BYTES_READ: usize = 64 * 1024 * 1024;

/// The number of bytes that are read at a time, except for the last message.
const SLICE: usize = 4 * 1024 * 1024;

/// The number of bytes that a read counts as.
const READ: usize = 4096;

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
    let mut search = broker.log.read(false, move |storage| Search::start(storage, query)).await?;
    while !search.is_done() {
        // A slice at a time, so that other reads have their turn.
        let step = move |storage: &dyn Storage| {
            search.step(storage);
            Ok(search)
        };
        search = broker.log.read(false, step).await?;
    }
    let (last, body) =
        search.result()?.ok_or_else(|| refuse(ResponseCode::QUERY_NOT_FOUND, text))?;
    Ok((Header(last), Body(body.freeze())))
}

/// A search for the newest messages with a key.
struct Search {
    query: QueryMessageRequestHeader,
    max: usize,
    /// The places that are still to be looked at, the newest one first.
    places: std::vec::IntoIter<CommitLogOffset>,
    /// The number of bytes that may still be read.
    left: usize,
    found: usize,
    body: BytesMut,
    last: Option<QueryMessageResponseHeader>,
    failed: Option<StorageError>,
}

impl Search {
    fn start(
        storage: &dyn Storage,
        query: QueryMessageRequestHeader,
    ) -> Result<Self, StorageError> {
        let places = storage.find(index::hash(&query.topic, &query.key), MAX_READ)?;
        Ok(Self {
            max: usize::try_from(query.max_num).unwrap_or(0).min(MAX_MESSAGES),
            query,
            places: places.into_iter(),
            left: MAX_BYTES_READ,
            found: 0,
            body: BytesMut::new(),
            last: None,
            failed: None,
        })
    }

    fn is_done(&self) -> bool {
        self.found == self.max || self.left == 0 || self.places.as_slice().is_empty()
    }

    /// Looks at some messages.
    fn step(&mut self, storage: &dyn Storage) {
        let stop = self.left.saturating_sub(SLICE);
        while !self.is_done() && self.left > stop {
            let Some(at) = self.places.next() else { return };
            match storage.record(at) {
                Ok(Some(record)) => self.look_at(at, &record),
                // It was deleted.
                Ok(None) => self.spend(0),
                // The others are found nevertheless.
                Err(error) => {
                    let offset = at.as_u64();
                    let text = &error as &dyn std::error::Error;
                    tracing::error!(error = text, offset, "a message with a key cannot be read");
                    self.spend(0);
                    self.failed = Some(error);
                }
            }
        }
    }

    fn look_at(&mut self, at: CommitLogOffset, record: &[u8]) {
        self.spend(record.len());
        let Some(time) = time_if_asked_for(record, &self.query) else { return };
        if self.found > 0 && self.body.len() + record.len() > MAX_BYTES {
            self.max = self.found;
            return;
        }
        self.last = Some(QueryMessageResponseHeader {
            index_last_update_timestamp: time,
            index_last_update_phyoffset: at.as_i64(),
        });
        self.body.extend_from_slice(record);
        self.found += 1;
    }

    /// Counts what was read, and the read itself.
    fn spend(&mut self, bytes: usize) {
        self.left = self.left.saturating_sub(bytes + READ);
    }

    /// Returns the messages, one after another, and the last one's place.
    fn result(self) -> Result<Option<(QueryMessageResponseHeader, BytesMut)>, LogError> {
        match (self.last, self.failed) {
            (Some(last), _) => Ok(Some((last, self.body))),
            (None, Some(error)) => Err(error.into()),
            (None, None) => Ok(None),
        }
    }
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
