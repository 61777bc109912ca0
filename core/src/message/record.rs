//! Looks at encoded messages, checks them, and changes them in place.

use super::encode::checksum;
use super::reader::MessageReader;
use super::stored::{MAGIC_V1, MAGIC_V2};
use super::{MessageError, StoredMessage, sys_flag};

const CRC: usize = 8;
const QUEUE_OFFSET: usize = 20;
const COMMIT_LOG_OFFSET: usize = 28;
/// Where the body's length is, if the hosts have addresses of IPv4.
const HEAD: usize = 84;

/// Returns whether the body's CRC is right in the encoded message at the start of `record`.
/// Decoding does not check it.
///
/// # Errors
/// If `record` does not begin with a complete message of a known format.
pub fn is_intact(record: &[u8]) -> Result<bool, MessageError> {
    let (message, _) = StoredMessage::decode(record)?;
    Ok(record.get(CRC..CRC + 4) == Some(&checksum(message.body).to_be_bytes()))
}

/// Where and when a message was stored. A broker knows this last, so it can be written into a
/// message that is already encoded.
///
/// ```
/// # use bytes::BytesMut;
/// # use rocketmq_tower_core::message::{MessageError, Position, Properties, StoredMessage};
/// # fn assign(message: StoredMessage<'_>, record: &mut BytesMut) -> Result<(), MessageError> {
/// message.encode(record)?;
/// let position = Position { queue_offset: 7, commit_log_offset: 4096, store_timestamp: 1_700_000_000_123 };
/// position.write_to(record)?;
/// assert_eq!(StoredMessage::decode(record)?.0.queue_offset, 7);
/// # Ok(())
/// # }
/// ```
///
/// Exhaustive: a store assigns these three.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// The message's index in its queue.
    pub queue_offset: i64,
    /// The message's offset in the commit log, in bytes.
    pub commit_log_offset: i64,
    /// When the message was stored, in milliseconds since 1970.
    pub store_timestamp: i64,
}

impl Position {
    /// Writes the position into the encoded message at the start of `record`. The CRC stays right,
    /// as it covers only the body.
    ///
    /// # Errors
    /// If `record` does not begin with a complete message of a known format. Nothing is written
    /// then.
    pub fn write_to(&self, record: &mut [u8]) -> Result<(), MessageError> {
        let (message, _) = StoredMessage::decode(record)?;
        let born_v6 = message.sys_flag & sys_flag::BORN_HOST_V6 != 0;
        put(record, QUEUE_OFFSET, self.queue_offset);
        put(record, COMMIT_LOG_OFFSET, self.commit_log_offset);
        put(record, if born_v6 { 68 } else { 56 }, self.store_timestamp);
        Ok(())
    }
}

/// Overwrites 8 bytes at `at`. These offsets exist in every complete message.
fn put(record: &mut [u8], at: usize, value: i64) {
    if let Some(place) = record.get_mut(at..at + 8) {
        place.copy_from_slice(&value.to_be_bytes());
    }
}

/// The parts of an encoded message by which a broker chooses messages. They are read without the others: it looks at
/// many more messages than it chooses.
///
/// ```
/// # use bytes::BytesMut;
/// # use rocketmq_tower_core::message::{MessageError, MessageOutline, StoredMessage};
/// # fn outline(message: StoredMessage<'_>, record: &mut BytesMut) -> Result<(), MessageError> {
/// message.encode(record)?;
/// let outline = MessageOutline::of(record)?;
/// assert_eq!(outline.queue_offset, message.queue_offset);
/// assert_eq!(outline.properties, message.properties.as_str().as_bytes());
/// # Ok(())
/// # }
/// ```
///
/// Exhaustive: those are all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MessageOutline<'a> {
    /// The message's index in its queue.
    pub queue_offset: i64,
    /// The text of its properties. It is not checked that it is UTF-8.
    pub properties: &'a [u8],
}

impl<'a> MessageOutline<'a> {
    /// Reads the outline of the encoded message at the start of `record`.
    ///
    /// # Errors
    /// If `record` does not begin with a complete message of a known format. Fields that it does not read are not
    /// checked.
    pub fn of(record: &'a [u8]) -> Result<Self, MessageError> {
        match Self::of_complete(record) {
            Some(outline) => Ok(outline),
            // Finds what is wrong.
            None => Self::read(record),
        }
    }

    /// Reads the outline where its fields have to be.
    #[inline]
    fn of_complete(record: &'a [u8]) -> Option<Self> {
        let head: &[u8; HEAD] = record.first_chunk()?;
        let number = |at: usize| Some(u32::from_be_bytes(*head.get(at..)?.first_chunk()?));
        let (size, magic, sys_flag) = (number(0)? as usize, number(4)?, number(36)? as i32);
        let queue_offset = i64::from_be_bytes(*head.get(QUEUE_OFFSET..)?.first_chunk()?);
        let more = |flag| if sys_flag & flag == 0 { 0 } else { 12 };
        let body = HEAD + more(sys_flag::BORN_HOST_V6) + more(sys_flag::STORE_HOST_V6);
        let rest = record.get(..size)?.get(body..)?;
        // Lengths of more than 2^31 are too long, as negative ones have to be.
        let (length, rest) = rest.split_first_chunk()?;
        let rest = rest.get(u32::from_be_bytes(*length) as usize..)?;
        let rest = match magic {
            MAGIC_V1 => {
                let (length, rest) = rest.split_first()?;
                rest.get(usize::try_from(*length as i8).ok()?..)?
            }
            MAGIC_V2 => {
                let (length, rest) = rest.split_first_chunk()?;
                rest.get(usize::try_from(i16::from_be_bytes(*length)).ok()?..)?
            }
            _ => return None,
        };
        let (length, properties) = rest.split_first_chunk()?;
        let is_whole = usize::try_from(i16::from_be_bytes(*length)) == Ok(properties.len());
        is_whole.then_some(Self { queue_offset, properties })
    }

    /// Reads the outline field by field.
    #[cold]
    fn read(record: &'a [u8]) -> Result<Self, MessageError> {
        let (mut reader, _) = MessageReader::message(record)?;
        let magic = reader.i32("magic")? as u32;
        if magic != MAGIC_V1 && magic != MAGIC_V2 {
            return Err(MessageError::UnknownMagic(magic));
        }
        reader.array::<12>("CRC, queue id, flag")?;
        let queue_offset = reader.i64("queue offset")?;
        reader.i64("commit-log offset")?;
        let sys_flag = reader.i32("system flag")?;
        let host = |flag| if sys_flag & flag == 0 { 8 } else { 20 };
        // The born timestamp, the time of storage, how often it was sent back, the offset of its transaction.
        let others = 8 + 8 + 4 + 8;
        let hosts = host(sys_flag::BORN_HOST_V6) + host(sys_flag::STORE_HOST_V6);
        reader.take("hosts and timestamps", hosts + others)?;
        let length = reader.i32("body's length")?;
        reader.part("body", length)?;
        let length = match magic {
            MAGIC_V1 => reader.i8("topic's length")?.into(),
            _ => reader.i16("topic's length")?,
        };
        reader.part("topic", length)?;
        let length = reader.i16("properties' length")?;
        let properties = reader.part("properties", length)?;
        reader.end()?;
        Ok(Self { queue_offset, properties })
    }
}
