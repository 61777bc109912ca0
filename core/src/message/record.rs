//! The encoded form of a stored message: what is done to it in place.

use super::encode::checksum;
use super::{MessageError, StoredMessage, sys_flag};

const CRC: usize = 8;
const QUEUE_OFFSET: usize = 20;
const COMMIT_LOG_OFFSET: usize = 28;

/// Checks the body's CRC of the encoded message that `record` begins with, which decoding does not.
///
/// # Errors
/// If `record` does not begin with a whole message of a known form.
pub fn is_intact(record: &[u8]) -> Result<bool, MessageError> {
    let (message, _) = StoredMessage::decode(record)?;
    Ok(record.get(CRC..CRC + 4) == Some(&checksum(message.body).to_be_bytes()))
}

/// Where and when a message was stored: what a broker knows last, to be written into a message that
/// was encoded before.
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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// Its place in the queue.
    pub queue_offset: i64,
    /// Where it begins in the commit log.
    pub commit_log_offset: i64,
    /// When it was stored, in milliseconds since 1970.
    pub store_timestamp: i64,
}

impl Position {
    /// Writes it into the encoded message that `record` begins with. The CRC is the body's alone
    /// and stays right.
    ///
    /// # Errors
    /// If `record` does not begin with a whole message of a known form. Nothing is written then.
    pub fn write_to(&self, record: &mut [u8]) -> Result<(), MessageError> {
        let (message, _) = StoredMessage::decode(record)?;
        let born_v6 = message.sys_flag & sys_flag::BORN_HOST_V6 != 0;
        put(record, QUEUE_OFFSET, self.queue_offset);
        put(record, COMMIT_LOG_OFFSET, self.commit_log_offset);
        put(record, if born_v6 { 68 } else { 56 }, self.store_timestamp);
        Ok(())
    }
}

/// Of a whole message, all of these places exist.
fn put(record: &mut [u8], at: usize, value: i64) {
    if let Some(place) = record.get_mut(at..at + 8) {
        place.copy_from_slice(&value.to_be_bytes());
    }
}
