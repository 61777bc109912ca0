//! Messages: the formats of stored, pulled and batched messages, and their headers and ids.
//!
//! To the rest of this crate a command's body is opaque bytes. This module decodes and encodes the
//! bodies that hold messages, and the header of a send, so that brokers, consumers and tools need
//! no codec of their own:
//!
//! * [`StoredMessage`] is a message with everything that a broker knows about it. The response to
//!   a pull holds them one after another. [`MessageOutline`], [`Position`] and [`is_intact`] work on the encoded
//!   form.
//! * [`BatchedMessage`] is one message in the body of `SEND_BATCH_MESSAGE`.
//! * [`Properties`] and [`PropertiesBuf`] are the names and values that a message carries, for the
//!   application and for the system (see [`property`]).
//! * [`Message`] is a message to send.
//! * [`SendHeader`] is the header of a send in all of its forms; [`StoredMessage::from_send`] makes the stored
//!   message out of it.
//! * [`MessageId`] is the id by which a broker finds a message.
//!
//! Decoding borrows from the bytes and allocates nothing, so it is bounded by the limit on the
//! frame that held the bytes. Bodies are neither compressed nor decompressed here, see
//! [`sys_flag::COMPRESSED`].
//!
//! Source of the formats: Java's `MessageDecoder`, `MessageVersion`, `MessageConst`,
//! `MessageSysFlag` and `SendMessageRequestHeaderV2` of 5.3.3.
//!
//! ```
//! use bytes::BytesMut;
//! use rocketmq_tower_core::message::{MessageError, PropertiesBuf, StoredMessage, property};
//!
//! let mut properties = PropertiesBuf::default();
//! properties.set(property::TAGS, "greetings").set("color", "red");
//! let message = StoredMessage {
//!     queue_id: 3,
//!     flag: 0,
//!     queue_offset: 5,
//!     commit_log_offset: 1234,
//!     sys_flag: 0,
//!     born_timestamp: 1_700_000_000_000,
//!     born_host: ([127, 0, 0, 1], 54321).into(),
//!     store_timestamp: 1_700_000_000_123,
//!     store_host: ([127, 0, 0, 1], 10911).into(),
//!     reconsume_times: 0,
//!     prepared_transaction_offset: 0,
//!     body: b"hello",
//!     topic: "TopicTest",
//!     properties: properties.as_properties(),
//! };
//!
//! // The body of a broker's response to a pull ...
//! let mut pulled = BytesMut::new();
//! message.encode(&mut pulled)?;
//!
//! // ... as the consumer decodes it.
//! for message in StoredMessage::decode_all(&pulled) {
//!     let message = message?;
//!     assert_eq!(message.body, b"hello");
//!     assert_eq!(message.properties.get(property::TAGS), Some("greetings"));
//!     assert_eq!(message.id().to_string(), "7F00000100002A9F00000000000004D2");
//! }
//! # Ok::<(), MessageError>(())
//! ```

mod batch;
mod encode;
mod error;
mod from_send;
mod id;
mod outgoing;
mod properties;
pub mod property;
mod reader;
mod record;
mod send;
mod stored;
pub mod sys_flag;
mod unique_id;

pub use batch::{BatchedMessage, DecodeBatch};
pub(crate) use encode::checksum;
pub use error::MessageError;
pub use from_send::ipv4_host;
pub use id::{InvalidMessageId, MessageId};
pub use outgoing::Message;
pub use properties::{Properties, PropertiesBuf};
pub use record::{MessageOutline, Position, is_intact};
pub use send::SendHeader;
pub use stored::{DecodeAll, StoredMessage};
pub use unique_id::unique_id;
