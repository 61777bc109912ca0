//! A message to send.

use super::{BatchedMessage, MessageError, PropertiesBuf, SendHeader, property};
use bytes::{Bytes, BytesMut};
use std::fmt;

/// A message to send. A clone shares the body.
///
/// ```
/// use rocketmq_tower_core::message::{Message, property};
///
/// let message = Message::new("TopicTest", "hello").tag("greetings").keys(["k1", "k2"]);
/// assert_eq!(message.properties.get(property::KEYS), Some("k1 k2"));
///
/// let request = message.header("producers", 3).request().with_body(message.body.clone());
/// assert_eq!(&request.body()[..], b"hello");
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Message {
    /// The topic.
    pub topic: String,
    /// The body.
    pub body: Bytes,
    /// The properties.
    pub properties: PropertiesBuf,
    /// A number for the application's own use.
    pub flag: i32,
}

impl Message {
    /// Creates a message without properties.
    #[must_use]
    pub fn new(topic: impl Into<String>, body: impl Into<Bytes>) -> Self {
        Self { topic: topic.into(), body: body.into(), ..Self::default() }
    }

    /// Sets the [tag](property::TAGS), by which subscriptions select messages.
    #[must_use]
    pub fn tag(self, tag: &str) -> Self {
        self.property(property::TAGS, tag)
    }

    /// Sets the [keys](property::KEYS) to find the message by. A key must not have blanks.
    #[must_use]
    pub fn keys<K: AsRef<str>>(self, keys: impl IntoIterator<Item = K>) -> Self {
        let mut text = String::new();
        for key in keys {
            if !text.is_empty() {
                text.push(' ');
            }
            text.push_str(key.as_ref());
        }
        self.property(property::KEYS, &text)
    }

    /// Sets the [delay level](property::DELAY), from 1. With the default levels of Java's broker, level 1
    /// delays the delivery by 1 s, level 18 by 2 h.
    #[must_use]
    pub fn delay_level(self, level: u8) -> Self {
        self.property(property::DELAY, itoa::Buffer::new().format(level))
    }

    /// Sets any property. An empty value removes it.
    #[must_use]
    pub fn property(mut self, name: &str, value: &str) -> Self {
        self.properties.set(name, value);
        self
    }

    /// Returns the header of the request that sends this message, created now.
    #[must_use]
    pub fn header<'a>(&'a self, producer_group: &'a str, queue_id: i32) -> SendHeader<'a> {
        let mut header = SendHeader::new(producer_group, &self.topic, queue_id);
        header.flag = self.flag;
        header.properties = self.properties.as_properties();
        header
    }

    /// Joins messages into one, whose body is the body of `SEND_BATCH_MESSAGE`. Its topic is that of the
    /// first message, and it has no properties: those of the messages are in the body.
    ///
    /// # Errors
    /// If the properties of a message have more than 32767 bytes, or a message has more than
    /// 2<sup>31</sup> - 1.
    pub fn batch(messages: &[Self]) -> Result<Self, MessageError> {
        let size = messages.iter().map(|message| message.part().encoded_len()).sum();
        let mut body = BytesMut::with_capacity(size);
        for message in messages {
            message.part().encode(&mut body)?;
        }
        let topic = messages.first().map(|message| message.topic.as_str()).unwrap_or_default();
        Ok(Self::new(topic, body))
    }

    fn part(&self) -> BatchedMessage<'_> {
        BatchedMessage {
            flag: self.flag,
            body: &self.body,
            properties: self.properties.as_properties(),
        }
    }
}

/// The body is shown as its length.
impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message")
            .field("topic", &self.topic)
            .field("body_len", &self.body.len())
            .field("properties", &self.properties)
            .field("flag", &self.flag)
            .finish()
    }
}
