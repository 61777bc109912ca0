//! Lookups of messages: `VIEW_MESSAGE_BY_ID` and `QUERY_MESSAGE`.

use super::lookup_by_tag;
use crate::log::{CommitLogOffset, LogError, index};
use crate::refusal::refuse;
use crate::state::BrokerState;
use crate::storage::{Reads, Storage, StorageError};
use crate::topics::Topic;
use bytes::BytesMut;
use rocketmq_tower::message::{StoredMessage, property};
use rocketmq_tower::protocol::{
    QueryMessageRequestHeader, QueryMessageResponseHeader, ViewMessageRequestHeader,
};
use rocketmq_tower::{Body, BoxError, Header, ResponseCode, State};
use std::sync::Arc;

/// The kind of query that is for a tag.
const TAG: &str = "T";

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
    let missing = || {
        refuse(ResponseCode::SYSTEM_ERROR, format!("there is no message at the offset {offset}"))
    };
    let record = record.ok_or_else(missing)?;
    let (message, _) = StoredMessage::decode(&record)?;
    let topic = broker.topics.get(message.topic).ok_or_else(missing)?;
    let place = Place::of(&topic, &message).ok_or_else(missing)?;
    match broker.log.read_cached_first(place, Place::is_current).await? {
        (_, true) => Ok(Body(record)),
        (_, false) => Err(missing()),
    }
}

/// The place of a message in the index of its queue. Messages of a deleted topic are not in the queues of
/// a new topic of its name.
#[derive(Clone, Copy, Debug)]
struct Place {
    queue: u32,
    offset: i64,
    at: i64,
}

impl Place {
    fn of(topic: &Topic, message: &StoredMessage<'_>) -> Option<Self> {
        let queue = topic.queue(message.queue_id)?.number();
        Some(Self { queue, offset: message.queue_offset, at: message.commit_log_offset })
    }

    /// Returns whether the message is in the queue.
    fn is_current(&mut self, storage: &dyn Storage, reads: Reads) -> Result<bool, StorageError> {
        let mut entry = Vec::new();
        let next = self.offset.saturating_add(1);
        storage.entries(self.queue, self.offset..next, reads, &mut entry)?;
        Ok(entry.first().is_some_and(|entry| entry.at.as_i64() == self.at))
    }
}

/// `QUERY_MESSAGE`, by a key of the application, the producer's id of the message, or a tag.
pub(crate) async fn query(
    State(broker): State<Arc<BrokerState>>,
    Header(query): Header<QueryMessageRequestHeader>,
) -> Result<(Header<QueryMessageResponseHeader>, Body), BoxError> {
    let kind = if is_by_tag(&query) { "tag" } else { "key" };
    let text = format!("no message of {} has the {kind} {}", query.topic, query.key);
    let topic = broker.topics.find(&query.topic);
    let topic = topic.map_err(|_| refuse(ResponseCode::QUERY_NOT_FOUND, text.clone()))?;
    let start = move |storage: &dyn Storage| Search::start(storage, topic, query);
    let mut search = broker.log.read(false, start).await?;
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
    topic: Arc<Topic>,
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
        topic: Arc<Topic>,
        query: QueryMessageRequestHeader,
    ) -> Result<Self, StorageError> {
        let times = query.begin_timestamp..=query.end_timestamp;
        let places = match is_by_tag(&query) {
            true => lookup_by_tag::places(storage, &topic, &query.key, &times, MAX_READ)?,
            false => storage.find(index::hash(&query.topic, &query.key), MAX_READ)?,
        };
        Ok(Self {
            topic,
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
                Ok(Some(record)) => {
                    if let Err(error) = self.look_at(storage, at, &record) {
                        self.failed = Some(error);
                    }
                }
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

    fn look_at(
        &mut self,
        storage: &dyn Storage,
        at: CommitLogOffset,
        record: &[u8],
    ) -> Result<(), StorageError> {
        self.spend(record.len());
        let asked_for = message_if_asked_for(record, &self.query);
        let Some((time, mut place)) = asked_for
            .and_then(|message| Some((message.store_timestamp, Place::of(&self.topic, &message)?)))
        else {
            return Ok(());
        };
        if !place.is_current(storage, Reads::All)? {
            return Ok(());
        }
        if self.found > 0 && self.body.len() + record.len() > MAX_BYTES {
            self.max = self.found;
            return Ok(());
        }
        self.last = Some(QueryMessageResponseHeader {
            index_last_update_timestamp: time,
            index_last_update_phyoffset: at.as_i64(),
        });
        self.body.extend_from_slice(record);
        self.found += 1;
        Ok(())
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

/// Returns whether a query is for a tag. The flag of older clients takes precedence, as in Java.
fn is_by_tag(query: &QueryMessageRequestHeader) -> bool {
    query.index_type.as_deref() == Some(TAG) && query.unique_key_query != Some(true)
}

/// Returns the message of a record if the query asks for it.
fn message_if_asked_for<'a>(
    record: &'a [u8],
    query: &QueryMessageRequestHeader,
) -> Option<StoredMessage<'a>> {
    let (message, _) = StoredMessage::decode(record).ok()?;
    let has_key = match is_by_tag(query) {
        true => message.properties.get(property::TAGS) == Some(&*query.key),
        false => index::has_key(message.properties, &query.key),
    };
    let asked_for = message.topic == query.topic
        && has_key
        && (query.begin_timestamp..=query.end_timestamp).contains(&message.store_timestamp);
    asked_for.then_some(message)
}
