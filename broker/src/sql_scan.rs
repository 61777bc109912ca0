//! Searches for messages whose properties match an expression.

use crate::filter::sql::Expression;
use crate::storage::{QueueEntry, Reads, Storage, StorageError};
use bytes::{Bytes, BytesMut};
use rocketmq_tower::message::MessageOutline;
use std::ops::Range;

/// The maximum number of bytes that are read at a time, unless a single message is larger.
const READ: usize = 64 * 1024;

/// The number of entries that are looked up at a time.
const ENTRIES: i64 = 256;

/// The work after which a search ends, and says where to go on: reading this number of bytes. An
/// evaluation counts like 1/16 of its message's properties for each of its nodes.
const MAX_WORK: usize = 1024 * 1024;
const WORK_OF_NODE: usize = 16;

/// A search for the messages of a response. They are read to be evaluated: unlike tags, properties are not in
/// the queue's index.
pub(crate) struct SqlScan<'a> {
    pub(crate) expression: &'a Expression,
    /// The number of the queue.
    pub(crate) queue: u32,
    pub(crate) offsets: Range<i64>,
    /// The maximum number of messages, and of bytes unless the first message is larger.
    pub(crate) messages: usize,
    pub(crate) bytes: usize,
    /// The bytes that the search may hold.
    pub(crate) room: usize,
    pub(crate) reads: Reads,
}

/// The result of a search.
pub(crate) enum SqlScanned {
    /// The first message has this size, in bytes, and there is no room to read it.
    NeedsRoom(usize),
    /// The messages that match, encoded, and the offset after the last one that was looked at.
    /// There are `count` of them.
    Done { body: Bytes, next: i64, count: usize },
}

/// The messages that match.
#[derive(Default)]
struct Matches {
    body: Vec<u8>,
    count: usize,
    work: usize,
}

impl SqlScan<'_> {
    pub(crate) fn run(&self, storage: &dyn Storage) -> Result<SqlScanned, StorageError> {
        let (mut entries, mut read, mut matches) =
            (Vec::new(), BytesMut::new(), Matches::default());
        let mut next = self.offsets.start;
        while next < self.offsets.end {
            entries.clear();
            let end = self.offsets.end.min(next + ENTRIES);
            storage.entries(self.queue, next..end, self.reads, &mut entries)?;
            let mut rest = entries.as_slice();
            if rest.is_empty() {
                break;
            }
            while let Some(first) = rest.first() {
                // An entry without a size stands for a message that was lost.
                if first.size == 0 {
                    (next, rest) = (next + 1, &rest[1..]);
                    continue;
                }
                let count = count_of(rest, self.room.saturating_sub(matches.body.len()));
                if count == 0 {
                    if next == self.offsets.start {
                        return Ok(SqlScanned::NeedsRoom(first.size as usize));
                    }
                    return Ok(matches.done(next));
                }
                read.clear();
                storage.copy(&rest[..count], self.reads, &mut read)?;
                if let Some(next) = self.choose(&read, &mut matches) {
                    return Ok(matches.done(next));
                }
                (next, rest) = (next + count as i64, &rest[count..]);
            }
        }
        Ok(matches.done(next))
    }

    /// Adds the messages in `records` that match. Returns the offset to go on with if that ends the search.
    fn choose(&self, mut records: &[u8], matches: &mut Matches) -> Option<i64> {
        while let Some((record, rest)) = split(records) {
            records = rest;
            let Ok(message) = MessageOutline::of(record) else { continue };
            if self.expression.matches(message.properties) {
                if matches.count > 0 && matches.body.len() + record.len() > self.bytes {
                    return Some(message.queue_offset);
                }
                matches.body.extend_from_slice(record);
                matches.count += 1;
            }
            let properties = message.properties.len();
            matches.work += record.len() + self.expression.nodes() * properties / WORK_OF_NODE;
            if matches.count == self.messages || matches.work >= MAX_WORK {
                return Some(message.queue_offset + 1);
            }
        }
        None
    }
}

impl Matches {
    fn done(mut self, next: i64) -> SqlScanned {
        // Until it is sent, it takes the room that it needs, and no more.
        self.body.shrink_to_fit();
        SqlScanned::Done { body: self.body.into(), next, count: self.count }
    }
}

/// Splits off the first record, which begins with its length.
fn split(records: &[u8]) -> Option<(&[u8], &[u8])> {
    let length = u32::from_be_bytes(*records.first_chunk()?) as usize;
    records.split_at_checked(length).filter(|_| length > 0)
}

/// Returns how many entries are read at a time: at least one if there is room for it.
fn count_of(entries: &[QueueEntry], room: usize) -> usize {
    let mut size = 0;
    let fits = |entry: &&QueueEntry| {
        let is_first = size == 0;
        size += entry.size as usize;
        entry.size > 0 && size <= room && (is_first || size <= READ)
    };
    entries.iter().take_while(fits).count()
}
