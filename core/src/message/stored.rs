//! Decodes a message as brokers store it.

use super::reader::{MessageReader, next};
use super::{MessageError, MessageId, Properties, sys_flag};
use std::iter::FusedIterator;
use std::net::SocketAddr;

/// Marks V1 of the format: the topic's length has one byte.
pub(super) const MAGIC_V1: u32 = 0xDAA3_20A7;

/// Marks V2 of the format: the topic's length has two bytes.
pub(super) const MAGIC_V2: u32 = 0xDAA3_20AB;

/// A message in the format in which brokers store it and pulls return it (Java's `MessageExt`).
/// It borrows from its encoded bytes.
///
/// | field | bytes |
/// |---|---|
/// | total size, this field included | 4 |
/// | magic: `0xDAA320A7` (V1), `0xDAA320AB` (V2) | 4 |
/// | CRC-32 of the body, `& 0x7fffffff` | 4 |
/// | queue id, flag | 4, 4 |
/// | queue offset, commit-log offset | 8, 8 |
/// | system flag | 4 |
/// | born timestamp, born host | 8, 8 (IPv6: 20) |
/// | store timestamp, store host | 8, 8 (IPv6: 20) |
/// | reconsume times | 4 |
/// | prepared transaction offset | 8 |
/// | body's length, body | 4 + n |
/// | topic's length, topic | 1 (V2: 2) + n |
/// | properties' length, properties | 2 + n |
///
/// Numbers are signed and big endian; a host is an address and 4 bytes of port. Only Java's clients
/// know V2; those in C++ and Node treat hosts as IPv4 whatever the system flag says.
///
/// Decoding is stricter than Java's: a negative length, bytes after the last field and texts that
/// are not UTF-8 are errors.
///
/// Exhaustive: the format is Java's and has these fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredMessage<'a> {
    /// The id of the queue that the message is in.
    pub queue_id: i32,
    /// A number for the application's own use.
    pub flag: i32,
    /// The message's index in its queue.
    pub queue_offset: i64,
    /// The message's offset in the commit log, in bytes.
    pub commit_log_offset: i64,
    /// System bits, see [`sys_flag`].
    pub sys_flag: i32,
    /// When the message was created, in milliseconds since 1970.
    pub born_timestamp: i64,
    /// The address of the sender.
    pub born_host: SocketAddr,
    /// When the message was stored, in milliseconds since 1970.
    pub store_timestamp: i64,
    /// The address of the broker that stored the message.
    pub store_host: SocketAddr,
    /// How often consumers have sent the message back.
    pub reconsume_times: i32,
    /// The commit-log offset of the first half of its transaction; 0 without a transaction.
    pub prepared_transaction_offset: i64,
    /// The body as it was sent. It is compressed if [`sys_flag::COMPRESSED`] is set.
    pub body: &'a [u8],
    /// The topic.
    pub topic: &'a str,
    /// The properties, of the application and of the system.
    pub properties: Properties<'a>,
}

impl<'a> StoredMessage<'a> {
    /// Decodes the first message of `bytes`. Returns it and the bytes after it.
    ///
    /// As in Java's consumers, the body's CRC is not checked; see [`is_intact`](super::is_intact).
    ///
    /// # Errors
    /// If `bytes` does not begin with a complete message of a known format.
    pub fn decode(bytes: &'a [u8]) -> Result<(Self, &'a [u8]), MessageError> {
        let (mut reader, rest) = MessageReader::message(bytes)?;
        let magic = reader.i32("magic")? as u32;
        if magic != MAGIC_V1 && magic != MAGIC_V2 {
            return Err(MessageError::UnknownMagic(magic));
        }
        reader.i32("CRC")?;
        let queue_id = reader.i32("queue id")?;
        let flag = reader.i32("flag")?;
        let queue_offset = reader.i64("queue offset")?;
        let commit_log_offset = reader.i64("commit-log offset")?;
        let sys_flag = reader.i32("system flag")?;
        let born_timestamp = reader.i64("born timestamp")?;
        let born_host = reader.host("born host", sys_flag & sys_flag::BORN_HOST_V6 != 0)?;
        let store_timestamp = reader.i64("store timestamp")?;
        let store_host = reader.host("store host", sys_flag & sys_flag::STORE_HOST_V6 != 0)?;
        let reconsume_times = reader.i32("reconsume times")?;
        let prepared_transaction_offset = reader.i64("prepared transaction offset")?;
        let length = reader.i32("body's length")?;
        let body = reader.part("body", length)?;
        let length = match magic {
            MAGIC_V1 => reader.i8("topic's length")?.into(),
            _ => reader.i16("topic's length")?,
        };
        let topic = reader.text("topic", length)?;
        let length = reader.i16("properties' length")?;
        let properties = Properties::new(reader.text("properties", length)?);
        reader.end()?;
        let message = Self {
            queue_id,
            flag,
            queue_offset,
            commit_log_offset,
            sys_flag,
            born_timestamp,
            born_host,
            store_timestamp,
            store_host,
            reconsume_times,
            prepared_transaction_offset,
            body,
            topic,
            properties,
        };
        Ok((message, rest))
    }

    /// Decodes the messages in the response to a pull, one after another. The iterator ends after
    /// the first error.
    #[must_use]
    pub fn decode_all(bytes: &'a [u8]) -> DecodeAll<'a> {
        DecodeAll { bytes }
    }

    /// Returns the id by which brokers and tools know the message: the one in the response to its
    /// send.
    #[must_use]
    pub fn id(&self) -> MessageId {
        MessageId { host: self.store_host, commit_log_offset: self.commit_log_offset }
    }
}

/// The iterator of [`StoredMessage::decode_all`].
#[derive(Clone, Debug)]
pub struct DecodeAll<'a> {
    bytes: &'a [u8],
}

impl<'a> Iterator for DecodeAll<'a> {
    type Item = Result<StoredMessage<'a>, MessageError>;

    fn next(&mut self) -> Option<Self::Item> {
        next(&mut self.bytes, StoredMessage::decode)
    }
}

impl FusedIterator for DecodeAll<'_> {}
