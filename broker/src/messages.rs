//! Messages as entries of the log.

use crate::log::{LogEntry, Queue, Visibility, index};
use crate::refusal::refuse;
use crate::storage::KeyHashes;
use crate::topics::Topic;
use bytes::BytesMut;
use rocketmq_tower::message::{PropertiesBuf, StoredMessage, property};
use rocketmq_tower::{BoxError, ResponseCode};
use std::sync::Arc;

/// The maximum size of a body: Java's `maxMessageSize`.
const MAX_BODY: usize = 4 * 1024 * 1024;

/// Returns `message` as an entry of the log, in the queue of `topic` that it names.
pub(crate) fn entry(
    topic: &Topic,
    message: &StoredMessage<'_>,
    visibility: Visibility,
) -> Result<LogEntry, BoxError> {
    let queue = queue_for_send(topic, message.queue_id)?;
    entry_of(Arc::clone(queue), message, visibility)
}

fn entry_of(
    queue: Arc<Queue>,
    message: &StoredMessage<'_>,
    visibility: Visibility,
) -> Result<LogEntry, BoxError> {
    if message.body.len() > MAX_BODY {
        let text = format!("a body has at most {MAX_BODY} bytes, not {}", message.body.len());
        return Err(refuse(ResponseCode::MESSAGE_ILLEGAL, text));
    }
    let mut record = BytesMut::with_capacity(message.encoded_len());
    message
        .encode(&mut record)
        .map_err(|error| refuse(ResponseCode::MESSAGE_ILLEGAL, error.to_string()))?;
    let (tag, keys) = index::hashes(message.topic, message.properties);
    // A message that consumers do not see cannot be found by key either.
    let keys = match visibility {
        Visibility::Visible => keys,
        Visibility::DeliverAt(_) | Visibility::AfterCommit => KeyHashes::default(),
    };
    Ok(LogEntry { queue, record, keys, tag, visibility })
}

/// Returns the queue of a send. Fails with an error response if the topic has no queue with this id.
pub(crate) fn queue_for_send(topic: &Topic, id: i32) -> Result<&Arc<Queue>, BoxError> {
    topic.queue_in_use(id).ok_or_else(|| {
        let (name, queues) = (&topic.name, topic.settings.queues());
        let text = format!("{name} has no queue {id}, but {queues} queues");
        refuse(ResponseCode::INVALID_PARAMETER, text)
    })
}

/// Returns `message` as an entry of one of the broker's own topics, in which it waits. Its properties
/// name the topic and queue that it was sent to.
pub(crate) fn parked(
    waiting: &Topic,
    queue_id: i32,
    message: &StoredMessage<'_>,
    visibility: Visibility,
) -> Result<LogEntry, BoxError> {
    let mut properties = PropertiesBuf::from(message.properties);
    properties.set(property::REAL_TOPIC, message.topic);
    properties.set(property::REAL_QID, &message.queue_id.to_string());
    let parked = StoredMessage {
        topic: &waiting.name,
        queue_id,
        properties: properties.as_properties(),
        ..message.clone()
    };
    entry(waiting, &parked, visibility)
}

/// Returns a message that has waited as an entry of the queue of `topic` that it names, without the
/// properties in `done`. It keeps its queue also if that was closed meanwhile.
pub(crate) fn released(
    topic: &Topic,
    message: StoredMessage<'_>,
    done: &[&str],
) -> Result<LogEntry, BoxError> {
    let mut properties = PropertiesBuf::from(message.properties);
    for name in [property::REAL_TOPIC, property::REAL_QID].iter().chain(done) {
        properties.remove(name);
    }
    // Another topic of this name may never have had that queue.
    let queue_id = match topic.queue(message.queue_id) {
        Some(_) => message.queue_id,
        None => 0,
    };
    let queue = topic.queue(queue_id).ok_or("a topic without queues")?;
    let message = StoredMessage {
        topic: &topic.name,
        queue_id,
        properties: properties.as_properties(),
        ..message
    };
    entry_of(Arc::clone(queue), &message, Visibility::Visible)
}

/// Returns the topic, and the id of the queue, that a waiting message was sent to.
pub(crate) fn destination<'a>(parked: &StoredMessage<'a>) -> Result<(&'a str, i32), BoxError> {
    let topic = parked.properties.get(property::REAL_TOPIC).ok_or("a message without a topic")?;
    let queue = parked.properties.get(property::REAL_QID).ok_or("a message without a queue")?;
    Ok((topic, queue.parse()?))
}
