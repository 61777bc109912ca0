//! Requests of consumers that pop: the broker shares out the messages of queues among them.

pub(crate) mod ack;
mod answer;
pub(crate) mod assignment;
mod attempt;
mod batch_ack;
pub(crate) mod change;
pub(crate) mod message;
pub(crate) mod notification;
mod retry_topic;
mod waiting;

use crate::log::Queue;
use crate::offsets::OffsetError;
use crate::pop::Handle;
use crate::refusal::refuse;
use crate::state::BrokerState;
use crate::topics::{Topic, names};
use rocketmq_tower::protocol::perm;
use rocketmq_tower::{BoxError, ResponseCode};
use std::sync::Arc;
use std::time::Duration;

/// The maximum time that a request waits for messages.
const MAX_WAIT: Duration = Duration::from_secs(60);

/// The maximum length of the id of an attempt, in bytes.
const MAX_ATTEMPT: usize = 255;

/// Returns the topic to pop from it, from one queue, or from all if `queue_id` is negative.
fn topic_to_pop(
    broker: &BrokerState,
    name: &str,
    group: &str,
    queue_id: i32,
) -> Result<Arc<Topic>, BoxError> {
    names::check_group(group)?;
    if !broker.groups.used(group).consume {
        let text = format!("subscription group no permission, {group}");
        return Err(refuse(ResponseCode::NO_PERMISSION, text));
    }
    let topic = broker.topics.find(name)?;
    if topic.settings.perm & perm::READ == 0 {
        let text = format!("the topic {name} cannot be read");
        return Err(refuse(ResponseCode::NO_PERMISSION, text));
    }
    if queue_id >= 0 && topic.queue_to_read(queue_id).is_none() {
        return Err(no_queue(&topic, queue_id, ResponseCode::INVALID_PARAMETER));
    }
    Ok(topic)
}

fn no_queue(topic: &Topic, id: i32, code: ResponseCode) -> BoxError {
    let queues = topic.settings.read_queues;
    refuse(code, format!("{} has no queue {id} to read, but {queues} queues", topic.name))
}

/// Returns the queue of a popped message.
fn queue_of_message(topic: &Topic, id: i32) -> Result<&Arc<Queue>, BoxError> {
    topic.queue_to_read(id).ok_or_else(|| no_queue(topic, id, ResponseCode::MESSAGE_ILLEGAL))
}

/// Returns the handle of a popped message.
fn handle(text: &str) -> Result<Handle, BoxError> {
    let unknown = || {
        let start: String = text.chars().take(100).collect();
        refuse(ResponseCode::INVALID_PARAMETER, format!("this is not a receipt handle: {start:?}"))
    };
    Handle::parse(text).ok_or_else(unknown)
}

/// Fails if the id of an attempt is too long. Ids are kept, so they need a bound.
fn check_attempt(attempt: Option<&str>) -> Result<Option<&str>, BoxError> {
    let attempt = attempt.filter(|attempt| !attempt.is_empty());
    match attempt {
        Some(long) if long.len() > MAX_ATTEMPT => {
            let text = format!("the id of an attempt has at most {MAX_ATTEMPT} bytes");
            Err(refuse(ResponseCode::INVALID_PARAMETER, text))
        }
        attempt => Ok(attempt),
    }
}

/// Returns the error for a peer.
fn refused(error: OffsetError) -> BoxError {
    match error {
        OffsetError::NoRoom => {
            let text = "the broker has no room for more offsets, or messages in flight";
            refuse(ResponseCode::SYSTEM_BUSY, text)
        }
        error => error.into(),
    }
}

/// Returns how long a request may wait at `now`, in ms since 1970: not at all if its time is over.
fn patience(born: i64, poll: i64, now: i64) -> Duration {
    let born = if born == 0 { now } else { born };
    let left = born.saturating_add(poll).saturating_sub(now).min(poll).max(0);
    Duration::from_millis(left as u64).min(MAX_WAIT)
}
