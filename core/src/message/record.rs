//! Checks and changes encoded messages in place.

use super::encode::checksum;
use super::{MessageError, StoredMessage, sys_flag};

const CRC: usize = 8;
const QUEUE_OFFSET: usize = 20;
const COMMIT_LOG_OFFSET: usize = 28;

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
