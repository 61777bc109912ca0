//! A message as brokers store it: what it is, and reading it.

use super::reader::{MessageReader, next};
use super::{MessageError, MessageId, Properties, sys_flag};
use std::iter::FusedIterator;
use std::net::SocketAddr;

/// Marks the first form of stored messages: the topic's length has one byte.
pub(super) const MAGIC_V1: u32 = 0xDAA3_20A7;

/// Marks the second form: the topic's length has two bytes.
pub(super) const MAGIC_V2: u32 = 0xDAA3_20AB;

/// A message in the form in which brokers store it and pulls bring it (Java's `MessageExt`).
/// Borrowed from its bytes.
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
/// know V2; those in C++ and Node take hosts for IPv4 whatever the system flag says.
///
/// Stricter than Java: a negative length, bytes after the last field and texts that are not UTF-8
/// are errors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredMessage<'a> {
    /// The queue that it is in.
    pub queue_id: i32,
    /// A number of the application's.
    pub flag: i32,
    /// Its place in the queue.
    pub queue_offset: i64,
    /// Where it begins in the commit log.
    pub commit_log_offset: i64,
    /// Bits of the system's, see [`sys_flag`].
    pub sys_flag: i32,
    /// When it was made, in milliseconds since 1970.
    pub born_timestamp: i64,
    /// Who sent it.
    pub born_host: SocketAddr,
    /// When it was stored, in milliseconds since 1970.
    pub store_timestamp: i64,
    /// The broker that stored it.
    pub store_host: SocketAddr,
    /// How often consumers have sent it back.
    pub reconsume_times: i32,
    /// Where the first half of its transaction is; 0 without a transaction.
    pub prepared_transaction_offset: i64,
    /// The body as it was sent; deflated, if [`sys_flag::COMPRESSED`] says so.
    pub body: &'a [u8],
    /// The topic.
    pub topic: &'a str,
    /// Names and values of the application's and of the system's.
    pub properties: Properties<'a>,
}

impl<'a> StoredMessage<'a> {
    /// The first message of `bytes`, and what follows it.
    ///
    /// The body's CRC is not checked, as in Java's consumers; see [`is_intact`](super::is_intact).
    ///
    /// # Errors
    /// If `bytes` does not begin with a whole message of a known form.
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

    /// All messages of a pull's answer, one after another; ends after the first error.
    #[must_use]
    pub fn decode_all(bytes: &'a [u8]) -> DecodeAll<'a> {
        DecodeAll { bytes }
    }

    /// The id that brokers and tools know it by: that of the answer to its send.
    #[must_use]
    pub fn id(&self) -> MessageId {
        MessageId { host: self.store_host, commit_log_offset: self.commit_log_offset }
    }
}

/// What [`StoredMessage::decode_all`] returns.
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
