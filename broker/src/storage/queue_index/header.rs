//! Headers of blocks, and the encoding of entries.
//!
//! | block | bytes |
//! |---|---|
//! | the log's offset of the last entry | 8 |
//! | entries | 12 each |
//!
//! | entry | bits |
//! |---|---|
//! | the distance in the log back from the last entry | 46 |
//! | the size of the record | 26 |
//! | the hash of its tag | 24 |
//!
//! Numbers are little endian. Longer distances are stored as the longest one, 64 TiB: such records were
//! deleted long ago, and so is what lies at that distance.

use crate::log::CommitLogOffset;
use crate::storage::{QueueEntry, SIZE_BITS, TAG_BITS};
use std::ops::Range;

/// The number of entries in a full block.
pub(super) const ENTRIES: usize = 340;

/// The size of an entry, in bytes.
const ENTRY: usize = 12;

/// The size of what precedes the entries, in bytes.
const LAST: usize = 8;

const DISTANCE_BITS: u32 = 46;

/// The size of a header, in bytes.
pub(super) const HEADER: usize = 40;

/// The content of a block: entries of one queue with consecutive offsets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) queue: u32,
    /// The number of entries, 1 to [`ENTRIES`].
    pub(super) count: u32,
    /// The queue offset of the first entry.
    pub(super) first: i64,
    /// The log's offset of the first entry, and of the last.
    pub(super) first_at: u64,
    pub(super) last_at: u64,
    /// The checksum of the entries.
    pub(super) crc: u32,
}

impl Header {
    /// Returns the header of a block of these entries; `None` if there are none.
    pub(super) fn of(queue: u32, first: i64, entries: &[QueueEntry], crc: u32) -> Option<Self> {
        Some(Self {
            queue,
            count: entries.len() as u32,
            first,
            first_at: entries.first()?.at.as_u64(),
            last_at: entries.last()?.at.as_u64(),
            crc,
        })
    }

    /// Encodes the fields, and a checksum of them.
    pub(super) fn encode(&self) -> [u8; HEADER] {
        let mut bytes = [0; HEADER];
        bytes[..4].copy_from_slice(&self.queue.to_le_bytes());
        bytes[4..8].copy_from_slice(&self.count.to_le_bytes());
        bytes[8..16].copy_from_slice(&self.first.to_le_bytes());
        bytes[16..24].copy_from_slice(&self.first_at.to_le_bytes());
        bytes[24..32].copy_from_slice(&self.last_at.to_le_bytes());
        bytes[32..36].copy_from_slice(&self.crc.to_le_bytes());
        let crc = crc32fast::hash(&bytes[..36]);
        bytes[36..].copy_from_slice(&crc.to_le_bytes());
        bytes
    }

    /// Returns `None` if the bytes are no header.
    pub(super) fn decode(bytes: &[u8; HEADER]) -> Option<Self> {
        let u32_at = |at: usize| Some(u32::from_le_bytes(bytes[at..at + 4].try_into().ok()?));
        let u64_at = |at: usize| Some(u64::from_le_bytes(bytes[at..at + 8].try_into().ok()?));
        let header = Self {
            queue: u32_at(0)?,
            count: u32_at(4)?,
            first: u64_at(8)? as i64,
            first_at: u64_at(16)?,
            last_at: u64_at(24)?,
            crc: u32_at(32)?,
        };
        let is_valid = u32_at(36)? == crc32fast::hash(&bytes[..36])
            && (1..=ENTRIES as u32).contains(&header.count);
        is_valid.then_some(header)
    }
}

/// Returns the size of a block with this number of entries, in bytes.
pub(super) const fn size_of(entries: usize) -> usize {
    LAST + entries * ENTRY
}

/// Encodes a block of entries, in order of their records.
pub(super) fn encode(entries: &[QueueEntry]) -> Vec<u8> {
    let last = entries.last().map_or(0, |last| last.at.as_u64());
    let mut bytes = Vec::with_capacity(size_of(entries.len()));
    bytes.extend_from_slice(&last.to_le_bytes());
    for QueueEntry { at, size, tag } in entries {
        let distance = (last - at.as_u64()).min((1 << DISTANCE_BITS) - 1);
        let number = u128::from(distance)
            | u128::from(*size) << DISTANCE_BITS
            | u128::from(*tag) << (DISTANCE_BITS + SIZE_BITS);
        bytes.extend_from_slice(&number.to_le_bytes()[..ENTRY]);
    }
    bytes
}

/// Decodes the entries of a block with these numbers.
pub(super) fn decode(block: &[u8], numbers: Range<usize>) -> impl Iterator<Item = QueueEntry> + '_ {
    let (last, entries) = block.split_first_chunk::<LAST>().unwrap_or((&[0; LAST], &[]));
    let last = u64::from_le_bytes(*last);
    let entries = entries.as_chunks::<ENTRY>().0;
    entries.get(numbers).unwrap_or_default().iter().map(move |bytes| {
        let mut number = [0; 16];
        number[..ENTRY].copy_from_slice(bytes);
        let number = u128::from_le_bytes(number);
        let field = |from: u32, bits: u32| (number >> from) as u64 & ((1 << bits) - 1);
        QueueEntry {
            at: CommitLogOffset::new(last.saturating_sub(field(0, DISTANCE_BITS))),
            size: field(DISTANCE_BITS, SIZE_BITS) as u32,
            tag: field(DISTANCE_BITS + SIZE_BITS, TAG_BITS) as u32,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::{ENTRIES, QueueEntry, SIZE_BITS, TAG_BITS, decode, encode, size_of};
    use crate::log::CommitLogOffset;

    fn entry(at: u64, size: u32, tag: u32) -> QueueEntry {
        QueueEntry { at: CommitLogOffset::new(at), size, tag }
    }

    #[test]
    fn entries_are_encoded_and_decoded() {
        let far = (1 << 60) - (1 << 46) + 1;
        let (size, tag) = ((1 << SIZE_BITS) - 1, (1 << TAG_BITS) - 1);
        let entries = [entry(far, size, tag), entry(far, 0, 0), entry(1 << 60, size, tag)];
        let block = encode(&entries);
        assert_eq!(block.len(), size_of(3));
        assert!(decode(&block, 0..3).eq(entries.iter().copied()));
        assert!(decode(&block, 1..2).eq([entries[1]]));
        assert_eq!(decode(&block, 2..4).count(), 0);
        assert_eq!(decode(&[], 0..1).count(), 0);
        assert!(size_of(ENTRIES) <= super::super::blocks::BLOCK);
    }

    #[test]
    fn what_is_too_far_away_lies_at_the_longest_distance() {
        let last = 1 << 60;
        let block = encode(&[entry(5, 6, 7), entry(last, 1, 1)]);
        let first = decode(&block, 0..1).next();
        assert_eq!(first, Some(entry(last - (1 << 46) + 1, 6, 7)));
    }
}
