//! A message of a test broker.

use bytes::Bytes;
use rocketmq_tower::BoxError;
use rocketmq_tower::message::{StoredMessage, property};
use std::fmt;

/// The store cannot be read, such as after an error of the disk.
#[derive(Debug, thiserror::Error)]
#[error("the broker cannot read its store")]
pub struct ReadError(#[source] pub(super) BoxError);

/// A message that a [`TestBroker`](super::TestBroker) has stored.
#[derive(Clone, PartialEq, Eq)]
pub struct TestMessage {
    record: Bytes,
}

impl TestMessage {
    /// `record` must be a stored message.
    pub(super) fn new(record: Bytes) -> Result<Self, ReadError> {
        StoredMessage::decode(&record).map_err(|error| ReadError(error.into()))?;
        Ok(Self { record })
    }

    /// Returns all parts of the message.
    ///
    /// # Panics
    /// Never: the message was checked.
    #[must_use]
    #[expect(clippy::expect_used, reason = "checked when it was created")]
    pub fn parts(&self) -> StoredMessage<'_> {
        StoredMessage::decode(&self.record).expect("a stored message").0
    }

    /// Returns the body as it was sent: compressed, if the producer has compressed it.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        self.parts().body
    }

    /// Returns the body as text. Bytes that are not UTF-8 become replacement characters.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(self.body()).into_owned()
    }

    /// Returns the id of its queue.
    #[must_use]
    pub fn queue_id(&self) -> i32 {
        self.parts().queue_id
    }

    /// Returns its offset in the queue.
    #[must_use]
    pub fn queue_offset(&self) -> i64 {
        self.parts().queue_offset
    }

    /// Returns a property of the message, of the application or of the system.
    #[must_use]
    pub fn property(&self, name: &str) -> Option<&str> {
        self.parts().properties.get(name)
    }

    /// Returns its tag.
    #[must_use]
    pub fn tag(&self) -> Option<&str> {
        self.property(property::TAGS)
    }

    /// Returns its keys.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.property(property::KEYS).unwrap_or_default().split(' ').filter(|key| !key.is_empty())
    }
}

impl fmt::Debug for TestMessage {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = self.parts();
        formatter
            .debug_struct("TestMessage")
            .field("topic", &parts.topic)
            .field("queue_id", &parts.queue_id)
            .field("queue_offset", &parts.queue_offset)
            .field("body", &String::from_utf8_lossy(parts.body))
            .field("properties", &parts.properties)
            .finish()
    }
}
