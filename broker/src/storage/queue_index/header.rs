//! Headers of blocks, and the encoding of entries.

use crate::log::CommitLogOffset;
use crate::storage::QueueEntry;

/// The number of entries in a full block.
pub(super) const ENTRIES: usize = 256;

/// The size of an entry, in bytes.
pub(super) const ENTRY: usize = 16;

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

pub(super) fn encode(entries: &[QueueEntry]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(entries.len() * ENTRY);
    for QueueEntry { at, size, tag } in entries {
        let number = u128::from(at.as_u64()) | u128::from(*size) << 64 | u128::from(*tag) << 96;
        bytes.extend_from_slice(&number.to_le_bytes());
    }
    bytes
}

pub(super) fn decode(bytes: &[u8]) -> impl Iterator<Item = QueueEntry> + '_ {
    bytes.as_chunks::<ENTRY>().0.iter().map(|bytes| {
        let number = u128::from_le_bytes(*bytes);
        QueueEntry {
            at: CommitLogOffset::new(number as u64),
            size: (number >> 64) as u32,
            tag: (number >> 96) as u32,
        }
    })
}
