//! Checks of a message before it is sent.

use super::SendError;
use rocketmq_tower_core::message::{Message, MessageError, property};

/// The maximum length of a topic, as in Java's `TopicValidator`.
const MAX_TOPIC: usize = 127;

/// The maximum length of a group, as in Java's `Validators`.
const MAX_GROUP: usize = 255;

/// The maximum length of the properties, in bytes.
const MAX_PROPERTIES: usize = i16::MAX as usize;

pub(super) fn group(name: &str) -> Result<(), SendError> {
    self::name("group", name, MAX_GROUP)
}

fn name(kind: &'static str, name: &str, max: usize) -> Result<(), SendError> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "%|-_".contains(c);
    if name.is_empty() || name.len() > max || !name.chars().all(allowed) {
        return Err(SendError::InvalidName { kind, name: name.to_owned(), max });
    }
    Ok(())
}

pub(super) fn message(message: &Message, max: usize) -> Result<(), SendError> {
    name("topic", &message.topic, MAX_TOPIC)?;
    let length = message.body.len();
    if length == 0 {
        return Err(SendError::EmptyBody);
    }
    if length > max {
        return Err(SendError::BodyTooLong { length, max });
    }
    let length = message.properties.as_properties().as_str().len();
    if length > MAX_PROPERTIES {
        let (field, max) = ("properties", MAX_PROPERTIES);
        return Err(SendError::Encode(MessageError::TooLong { field, length, max }));
    }
    Ok(())
}

/// The rules of Java's `MessageBatch`.
pub(super) fn batch(messages: &[Message]) -> Result<(), SendError> {
    let Some(first) = messages.first() else {
        return Err(SendError::InvalidBatch("it has no message"));
    };
    if messages.iter().any(|message| message.topic != first.topic) {
        return Err(SendError::InvalidBatch("its messages have different topics"));
    }
    if first.topic.starts_with("%RETRY%") {
        return Err(SendError::InvalidBatch("its topic is that of a group's retries"));
    }
    if messages.iter().any(|message| message.properties.get(property::DELAY).is_some()) {
        return Err(SendError::InvalidBatch("its messages have a delay level"));
    }
    Ok(())
}
