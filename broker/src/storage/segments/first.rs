//! The time of the first message of the log.

use super::format::{ROUND_HEADER, ROWS, heading};
use super::{SegmentLog, StorageError};
use crate::log::CommitLogOffset;
use rocketmq_tower::message::StoredMessage;
use std::io;

/// The maximum number of rounds that are looked at: those at the start may have no messages, but only
/// offsets of consumers, for example.
const MAX_ROUNDS: usize = 10_000;

impl SegmentLog {
    /// Returns the time at which the first record of the log was stored, or `None` if its first rounds have no record.
    pub(in crate::storage) fn first_time(&self) -> Result<Option<i64>, StorageError> {
        let mut round = self.start();
        for _ in 0..MAX_ROUNDS {
            let Some((length, has_records)) = self.round_at(round)? else { break };
            if has_records {
                let first = self.record(CommitLogOffset::new(round + ROUND_HEADER as u64))?;
                let first = first.as_ref().and_then(|record| StoredMessage::decode(record).ok());
                return Ok(first.map(|(message, _)| message.store_timestamp));
            }
            round += length;
        }
        Ok(None)
    }

    /// Returns the length of the round at this offset, and whether it has records: they come first.
    fn round_at(&self, at: u64) -> Result<Option<(u64, bool)>, StorageError> {
        let Some((segment, _)) = self.segment(at).filter(|_| at < self.end()) else {
            return Ok(None);
        };
        let mut head = [0; ROUND_HEADER + 4];
        let read = segment.file().and_then(|file| file.read_at(&mut head, at - segment.base));
        match read {
            // It was deleted meanwhile, or there is nothing after the header.
            Err(_) if at < self.start() => return Ok(None),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            read => read.map_err(StorageError::read)?,
        }
        let Some(found) = heading(&head, at) else { return Ok(None) };
        let first = head.last_chunk().map_or(0, |part| u32::from_be_bytes(*part));
        let has_records = found.length > head.len() && first & ROWS == 0;
        Ok(Some((found.length as u64, has_records)))
    }
}
